//! One word for each byte: short, common, and unlike each other when spoken.

/// The words, in the order of the bytes that they stand for. Neither the words nor their order may ever change: two
/// people with different versions compare them.
#[rustfmt::skip]
pub const WORDS: [&str; 256] = [
    "acorn", "actor", "album", "alley", "amber", "anchor", "angle", "ankle", "apple", "apron", "arrow", "artist", "atlas", "attic", "autumn", "avenue",
    "badge", "bagel", "bakery", "bamboo", "banjo", "barrel", "basket", "beacon", "beaver", "bell", "bench", "berry", "bicycle", "bishop", "blanket", "bonfire",
    "border", "bottle", "branch", "breeze", "brick", "bridge", "brush", "bucket", "button", "cabin", "cactus", "camera", "candle", "canoe", "canvas", "carbon",
    "carpet", "castle", "cedar", "cellar", "cherry", "chimney", "circle", "citrus", "clock", "cloud", "clover", "cobalt", "coffee", "comet", "copper", "coral",
    "cotton", "cradle", "crayon", "cricket", "crown", "crystal", "cushion", "dagger", "daisy", "dancer", "desert", "diamond", "dinner", "doctor", "dolphin", "donkey",
    "dragon", "drum", "eagle", "easel", "echo", "elbow", "elephant", "ember", "engine", "envelope", "fabric", "falcon", "farmer", "feather", "fence", "ferry",
    "fiddle", "finger", "flag", "flute", "forest", "fossil", "fountain", "galaxy", "garden", "garlic", "ginger", "giraffe", "glacier", "glove", "goblet", "grape",
    "gravel", "guitar", "hammer", "harbor", "harvest", "hazel", "helmet", "hermit", "honey", "horizon", "hotel", "iceberg", "igloo", "indigo", "island", "ivory",
    "jacket", "jaguar", "jelly", "jigsaw", "jungle", "kettle", "kidney", "kitchen", "kitten", "ladder", "lagoon", "lantern", "laurel", "leather", "lemon", "letter",
    "lilac", "linen", "lizard", "lobster", "locket", "magnet", "mango", "maple", "marble", "market", "meadow", "melon", "mercury", "mirror", "monkey", "mosaic",
    "mountain", "muffin", "museum", "napkin", "needle", "nickel", "noodle", "nutmeg", "oasis", "ocean", "olive", "onion", "opera", "orange", "orbit", "orchid",
    "otter", "oxygen", "oyster", "paddle", "palace", "panda", "paper", "parrot", "pebble", "pencil", "pepper", "piano", "picnic", "pigeon", "pillow", "planet",
    "plum", "pocket", "poem", "pond", "pumpkin", "puzzle", "pyramid", "quartz", "quill", "rabbit", "radar", "rainbow", "raven", "ribbon", "river", "robot",
    "rocket", "saddle", "saffron", "salmon", "sandal", "scarf", "school", "shadow", "shovel", "silver", "siren", "sketch", "spider", "sponge", "spruce", "statue",
    "sugar", "summer", "sunset", "swan", "table", "tailor", "teapot", "temple", "thunder", "tiger", "timber", "tomato", "torch", "trumpet", "tulip", "tunnel",
    "turtle", "uncle", "valley", "vanilla", "velvet", "violin", "volcano", "wagon", "walnut", "whale", "willow", "window", "winter", "wizard", "yogurt", "zebra",
];
