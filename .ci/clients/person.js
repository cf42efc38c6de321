// A person on `irc-framework`, the Node library under The Lounge and Kiwi IRC: node person.js PORT NICK
//
// Prints what happens, an event a line. Its input is that of person.py.

const { Client } = require('irc-framework');
const readline = require('readline');

const ROOM = '#lobby';
const [port, nick] = process.argv.slice(2);
const client = new Client();
const tell = (...words) => console.log(words.filter((word) => word !== undefined).join(' '));

client.requestCap([
    'message-tags', 'labeled-response', 'setname', 'invite-notify', 'draft/chathistory', 'standard-replies',
]);
client.connect({
    host: '127.0.0.1', port: Number(port), nick, gecos: `${nick} with Node`, enable_echomessage: true,
    enable_chghost: true, enable_setname: true, auto_reconnect: false,
});
client.on('registered', () => {
    tell('caps', client.network.cap.enabled.sort().join(' '));
    client.join(ROOM);
});
client.on('message', (event) => tell(
    event.batch ? 'past' : 'now', event.type, event.nick, event.target, event.message, event.time ? 'at a time' : ''));
client.on('tagmsg', (event) => tell('tags', event.nick, event.target, JSON.stringify(event.tags)));
client.on('join', (event) => tell('join', event.nick, event.gecos));
client.on('part', (event) => tell('part', event.nick, event.message));
client.on('quit', (event) => tell('quit', event.nick, event.message));
client.on('kick', (event) => tell('kick', event.kicked, 'by', event.nick, event.message));
client.on('nick', (event) => tell('nick', event.nick, 'is', event.new_nick));
client.on('topic', (event) => tell('topic', event.nick, event.topic));
client.on('away', (event) => tell('away', event.nick, event.message));
client.on('back', (event) => tell('back', event.nick));
client.on('mode', (event) => tell('mode', event.nick, event.target, event.raw_modes, event.raw_params));
client.on('userlist', (event) => tell('names', event.users.map((user) => user.modes.join('') + user.nick).join(' ')));
client.on('wholist', (event) => tell('who', event.users.map((user) => user.nick).join(' ')));
client.on('whois', (event) => tell('whois', event.nick, event.real_name, event.away, event.error));
client.on('irc error', (event) => tell('error', event.error, event.reason));
client.on('close', () => {
    tell('the connection is over');
    process.exit(0);
});

readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const [verb, ...rest] = line.split(' ');
    const [first, ...text] = rest;
    const commands = {
        say: () => client.say(ROOM, rest.join(' ')),
        msg: () => client.say(first, text.join(' ')),
        nick: () => client.changeNick(first),
        topic: () => client.setTopic(ROOM, rest.join(' ')),
        away: () => client.raw('AWAY', rest.join(' ')),
        back: () => client.raw('AWAY'),
        kick: () => client.raw('KICK', ROOM, first, text.join(' ')),
        names: () => client.raw('NAMES', ROOM),
        whois: () => client.whois(first),
        who: () => client.who(ROOM),
        raw: () => client.raw(rest.join(' ')),
        quit: () => client.quit(rest.join(' ')),
    };
    (commands[verb] ?? (() => tell('what is', line)))();
});
