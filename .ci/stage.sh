# Programs in terminals of their own (tmux), which type and are looked at. For the scripts beside this file that source
# it: they stand in the tree's root then, have `$chatui` and `$scratch`, and all is gone when they end.

need() { # command:package… - installs what is missing, as root on Debian; otherwise says so and ends
    local missing=() pair
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
        apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes "${missing[@]}" >/dev/null
    else
        echo "missing, to be installed (Debian: apt-get install ${missing[*]})" >&2
        exit 1
    fi
}

need tmux:tmux
cargo build --quiet --release --locked --bin chatui
chatui=$(cargo metadata --locked --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/release/chatui
scratch=$(mktemp -d)
tmux() { command tmux -S "$scratch/tmux" -f /dev/null "$@"; }
cleanup() {
    tmux kill-server 2>/dev/null || true
    # Those who were killed write until they are gone.
    for _ in $(seq 30); do rm -rf "$scratch" 2>/dev/null && return; sleep 0.1; done
}
trap cleanup EXIT

run() { # pane command…
    if tmux has-session 2>/dev/null; then
        tmux new-window -d -n "$1" "${@:2}"
    else
        tmux new-session -d -x 110 -y 35 -n "$1" "${@:2}"
        tmux set-option -g remain-on-exit on >/dev/null
        tmux set-option -g default-terminal tmux-256color >/dev/null
    fi
}

types() { # pane line
    tmux send-keys -t ":$1" -l -- "$2"
    tmux send-keys -t ":$1" Enter
}

# The screen of a pane as one line, so that words broken over rows at a blank are found.
screen() { tmux capture-pane -p -t ":$1" | tr -s ' \n' '  '; }

checks=0
sees() { # pane pattern
    for _ in $(seq 150); do
        if screen "$1" | grep -aEq -- "$2"; then
            checks=$((checks + 1))
            echo "  $1 sees: $2"
            return
        fi
        sleep 0.1
    done
    echo "$1 does not see: $2"
    for pane in $(tmux list-windows -F '#{window_name}'); do
        echo "--- $pane"
        tmux capture-pane -p -t ":$pane" | grep -av '^ *$' || true
    done
    exit 1
}

all_see() { # pattern panes…
    for pane in "${@:2}"; do sees "$pane" "$1"; done
}
