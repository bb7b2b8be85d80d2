// An SMSC of node-smpp that keeps: what it accepts and what was answered is in its journal, a file of JSON lines,
// before anything else happens, so that killing it loses nothing. Its queue of texts for the ESME is its driver's.
// Arguments: the port, the journal. Commands are JSON lines on stdin; it ends with stdin.
'use strict';

const fs = require('fs');
const readline = require('readline');
const smpp = require('smpp');

const journal = fs.openSync(process.argv[3], 'a');
const bound = [];
let sessions = 0;
let messages = 0;

function note(event, fields) {
  fs.writeSync(journal, JSON.stringify({ event, at: Date.now() / 1000, ...fields }) + '\n');
}

function submit(session, name, pdu) {
  messages += 1;
  const message = process.pid + '-' + messages;
  const body = pdu.short_message.message;
  note('accepted', { session: name, message, recipient: pdu.destination_addr, body, udhi: pdu.esm_class & 0x40 });
  session.send(pdu.response({ message_id: message }), null, () => note('acknowledged', { message }));
}

function deliver({ key, pdu }) {
  const [found] = bound;
  if (!found) {
    note('unsent', { key });
    return;
  }
  note('sent', { session: found.name, key });
  found.session.deliver_sm(pdu, (answer) => note('settled', { session: found.name, key, status: answer.command_status }));
}

const server = smpp.createServer({}, (session) => {
  sessions += 1;
  const name = process.pid + ':' + sessions;
  const here = { name, session };
  session.on('bind_transceiver', (pdu) => {
    note('bound', { session: name });
    session.send(pdu.response({ system_id: 'keeper' }));
    bound.unshift(here);
  });
  session.on('submit_sm', (pdu) => submit(session, name, pdu));
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => session.send(pdu.response()));
  session.on('error', () => {}); // 'close' follows
  session.on('close', () => {
    if (bound.includes(here)) bound.splice(bound.indexOf(here), 1);
    note('closed', { session: name });
  });
});

const commands = {
  deliver,
  drop: () => bound.forEach((here) => here.session.socket.destroy()),
};

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line);
    commands[command.do](command);
  })
  .on('close', () => process.exit(0));

server.listen(Number(process.argv[2]), '127.0.0.1', () => note('listening', { pid: process.pid }));
