// An SMSC of node-smpp for measuring: accepts everything, counts, and delivers texts as fast as its window allows.
// Its argument is the port. Commands are JSON lines on stdin, what it reached is JSON lines on stdout.
'use strict';

const readline = require('readline');
const smpp = require('smpp');

let session = null;
let accepted = 0;
let wanted = Infinity;

function report(event, fields) {
  process.stdout.write(JSON.stringify({ event, at: Date.now() / 1000, ...fields }) + '\n');
}

const server = smpp.createServer({}, (peer) => {
  const bind = (pdu) => {
    session = peer;
    peer.send(pdu.response({ system_id: 'sink' }));
    report('bound', {});
  };
  peer.on('bind_transceiver', bind);
  peer.on('submit_sm', (pdu) => {
    accepted += 1;
    peer.send(pdu.response({ message_id: String(accepted) }));
    if (accepted === wanted) report('reached', {});
  });
  peer.on('enquire_link', (pdu) => peer.send(pdu.response()));
  peer.on('unbind', (pdu) => peer.send(pdu.response()));
  peer.on('error', () => {});
});

const commands = {
  expect: ({ count }) => {
    accepted = 0;
    wanted = count;
    report('expecting', {});
  },
  deliver: ({ texts, window }) => {
    let next = 0;
    const one = () => {
      if (next === texts.length) return;
      const [sender, recipient, body] = texts[next];
      next += 1;
      const pdu = { source_addr_ton: 1, source_addr: sender, destination_addr: recipient, short_message: body };
      session.deliver_sm(pdu, (answer) => {
        if (answer.command_status === 0) one();
        else report('refused', { status: answer.command_status });
      });
    };
    for (let count = 0; count < window; count += 1) one();
  },
};

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    const command = JSON.parse(line);
    commands[command.do](command);
  })
  .on('close', () => process.exit(0));

server.listen(Number(process.argv[2] || 0), '127.0.0.1', () => report('listening', { port: server.address().port }));
