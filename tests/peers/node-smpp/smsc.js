// An SMSC of node-smpp, driven by JSON lines: commands on stdin, what happens on stdout.
// Owns no expectation: it reports every PDU and does what it is told.
// Its arguments are the port to listen on (0: a free one) and the address.
'use strict';

const readline = require('readline');
const smpp = require('smpp');

const SYSTEM_ID = 'usn';
const PASSWORD = 'secret';
const sessions = new Set();
let muted = 0; // submits that get no answer
let refusals = []; // statuses of the next submit_sm_resp
let delay = 0; // milliseconds before each submit_sm_resp
let poison = ''; // a text on which the connection is closed
let refusal = 0; // the status of every submit_sm_resp, 0 for none
let nacks = 0; // submits that are answered by a generic_nack without a sequence number
let nackBinds = 0; // binds that are
let messages = 0;
let numbered = 0;

function report(event, fields) {
  process.stdout.write(JSON.stringify({ event, ...fields }) + '\n');
}

function plain(pdu) {
  const fields = {};
  for (const [name, value] of Object.entries(pdu)) {
    const octets = value && value.message !== undefined ? value.message : value;
    fields[name] = Buffer.isBuffer(octets) ? octets.toString('hex') : octets;
  }
  return fields;
}

function nack(session) {
  // node-smpp numbers what it sends itself: written by hand (SMPP 3.4 §4.3.1).
  session.socket.write(Buffer.from('00000010800000000000000200000000', 'hex'));
}

function bind(session, pdu) {
  if (nackBinds > 0) {
    nackBinds -= 1;
    nack(session);
    return;
  }
  const known = pdu.system_id === SYSTEM_ID && pdu.password === PASSWORD;
  const status = known ? smpp.ESME_ROK : smpp.ESME_RINVPASWD;
  session.send(pdu.response({ system_id: 'node', command_status: status }));
  session.receives = pdu.command !== 'bind_transmitter';
  if (known) sessions.add(session);
}

function submit(session, pdu) {
  if (muted > 0) {
    muted -= 1;
    return;
  }
  if (poison && String(pdu.short_message.message) === poison) {
    session.socket.destroy();
    return;
  }
  if (nacks > 0) {
    nacks -= 1;
    nack(session);
    return;
  }
  const status = refusals.length ? refusals.shift() : refusal;
  messages += 1;
  const answer = pdu.response({ message_id: 'n' + messages, command_status: status });
  if (delay > 0) setTimeout(() => session.send(answer), delay);
  else session.send(answer);
}

const server = smpp.createServer({}, (session) => {
  const number = ++numbered;
  report('connected', { session: number, from: session.socket.remoteAddress });
  session.on('pdu', (pdu) => report('pdu', { session: number, pdu: plain(pdu) }));
  session.on('bind_transceiver', (pdu) => bind(session, pdu));
  session.on('bind_transmitter', (pdu) => bind(session, pdu));
  session.on('bind_receiver', (pdu) => bind(session, pdu));
  session.on('submit_sm', (pdu) => submit(session, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => session.send(pdu.response()));
  session.on('error', (error) => report('error', { reason: String(error) }));
  session.on('close', () => {
    sessions.delete(session);
    report('closed', { session: number });
  });
});

// The newest: an older one of the same account may be of a server that died without a word.
function newest() {
  return [...sessions].reverse().find((one) => one.receives);
}

function written(pdu) {
  const fields = { ...pdu };
  if (fields.octets !== undefined) {
    fields.short_message = Buffer.from(fields.octets, 'hex');
    delete fields.octets;
  }
  return fields;
}

// As carriers' SMSCs do: kept until status 0, and sent again when no answer came in time. Decided here, where
// answers are read: an SMSC does not send again what it has read an answer to.
function keep({ id, pdu, every, patience }) {
  const until = Date.now() + patience;
  let [last, times, over] = [-1, 0, false];
  const end = (status) => {
    over = true;
    report('answered', { answer_to: id, status, times });
  };
  const again = () => {
    if (over) return;
    if (Date.now() > until) {
      end(last);
      return;
    }
    const session = newest();
    if (session) {
      times += 1;
      session.deliver_sm(written(pdu), ({ command_status: status }) => {
        last = status;
        if (status === smpp.ESME_ROK && !over) end(status);
      });
    }
    setTimeout(again, every);
  };
  again();
}

const commands = {
  keep,
  deliver: ({ id, pdu }, session) => {
    const fields = written(pdu);
    session.deliver_sm(fields, (answer) => report('answered', { answer_to: id, status: answer.command_status }));
  },
  enquire: ({ id }, session) => session.enquire_link((answer) => report('answered', { answer_to: id, status: answer.command_status })),
  unbind: ({ id }, session) =>
    session.unbind((answer) => {
      report('answered', { answer_to: id, status: answer.command_status });
      session.close();
    }),
  raw: ({ octets }, session) => session.socket.write(Buffer.from(octets, 'hex')),
  drop: (command, session) => session.socket.destroy(),
  mute: ({ count }) => {
    muted = count;
  },
  refuse: ({ statuses }) => {
    refusals = statuses;
  },
  delay: ({ milliseconds }) => {
    delay = milliseconds;
  },
  poison: ({ text }) => {
    poison = text;
  },
  refuse_all: ({ status }) => {
    refusal = status;
  },
  nack: ({ submits = 0, binds = 0 }) => {
    nacks = submits;
    nackBinds = binds;
  },
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  const session = newest();
  const needs = !['keep', 'mute', 'refuse', 'delay', 'poison', 'refuse_all', 'nack'].includes(command.do);
  if (needs && !session) report('answered', { answer_to: command.id, status: smpp.ESME_RBINDFAIL });
  else commands[command.do](command, session);
  report('told', { done: command.id });
}).on('close', () => process.exit(0));

server.listen(Number(process.argv[2] || 0), process.argv[3] || '127.0.0.1', () => report('listening', { port: server.address().port }));
