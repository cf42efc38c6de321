//! The log: where every kept line lies before anybody hears it.
