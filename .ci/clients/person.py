"""A person on `irc`, the Python library of that name: python3 person.py PORT NICK

Prints what happens, an event a line. Each line of its input is a command: `say TEXT`, `msg NICK TEXT`, `nick NICK`,
`topic TEXT`, `away TEXT`, `back`, `kick NICK REASON`, `names`, `raw LINE`, `quit REASON`.
"""

import sys
import threading

import irc.client

ROOM = "#lobby"
CAPS = ["server-time", "message-tags", "batch", "echo-message", "away-notify", "setname", "invite-notify", "chghost",
        "extended-join", "multi-prefix", "userhost-in-names", "standard-replies"]


def main():
    port, nick = int(sys.argv[1]), sys.argv[2]
    reactor = irc.client.Reactor()
    connection = reactor.server()

    def show(_, event):
        if event.type in ("all_raw_messages", "ping", "pong"):
            return
        who = getattr(event.source, "nick", event.source)
        past = any(tag["key"] == "batch" for tag in event.tags or [])
        print("past" if past else "now", event.type, who, event.target or "-", *event.arguments, flush=True)
        if event.type == "welcome":
            connection.join(ROOM)
        if event.type == "disconnect":
            print("the connection is over", flush=True)

    reactor.add_global_handler("all_events", show)
    connection.connect("127.0.0.1", port, nick, ircname=f"{nick} with Python")
    connection.cap("REQ", *CAPS)
    connection.cap("END")

    def obey():
        for line in sys.stdin:
            verb, _, rest = line.rstrip("\n").partition(" ")
            first, _, text = rest.partition(" ")
            match verb:
                case "say": connection.privmsg(ROOM, rest)
                case "msg": connection.privmsg(first, text)
                case "nick": connection.nick(rest)
                case "topic": connection.topic(ROOM, rest)
                case "away": connection.send_items("AWAY", ":" + rest)
                case "back": connection.send_items("AWAY")
                case "kick": connection.kick(ROOM, first, text)
                case "names": connection.names([ROOM])
                case "raw": connection.send_raw(rest)
                case "quit": connection.quit(rest)

    threading.Thread(target=obey, daemon=True).start()
    while connection.is_connected():
        reactor.process_once(0.1)


main()
