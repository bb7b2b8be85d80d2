// An SMSC of node-smpp under load: texts from many handsets towards its one ESME, and every answer timed.
// Owns the timing, at the SMSC: from deliver_sm to the submit_sm that answers it. Commands on stdin and
// results on stdout are JSON lines; times are milliseconds. Its argument is the port; without it, a free one.
'use strict';

const readline = require('readline');
const smpp = require('smpp');

let session = null;
let messages = 0;
let run = null; // the texts of `texts` that are on their way
let blast = { segments: 0, first: 0, last: 0 };

const now = () => Number(process.hrtime.bigint()) / 1e6;
const say = (event, fields) => process.stdout.write(JSON.stringify({ event, ...fields }) + '\n');

function percentile(sorted, share) {
  return sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] : 0;
}

function submitted(pdu) {
  messages += 1;
  session.send(pdu.response({ message_id: messages.toString(16) }));
  const at = now();
  blast.first = blast.first || at;
  blast.last = at;
  blast.segments += 1;
  const last = run && (pdu.esm_class & 0x40) === 0;
  if (!last) return;
  const sent = run.sent.get(pdu.destination_addr);
  if (sent === undefined) {
    run.unasked += 1;
    return;
  }
  run.sent.delete(pdu.destination_addr);
  run.waits.push(at - sent);
  run.free.push(pdu.destination_addr);
  if (run.waits.length === run.count) finish();
  else if (!run.rate) feed();
}

function finish() {
  clearInterval(run.timer);
  const waits = run.waits.sort((one, other) => one - other);
  const seconds = (now() - run.began) / 1000;
  say('answered', {
    count: waits.length, seconds, refused: run.refused, unasked: run.unasked,
    p50: percentile(waits, 0.5), p99: percentile(waits, 0.99),
  });
  run = null;
}

function deliver() {
  const sender = run.free.shift();
  const body = run.bodies[run.given % run.bodies.length].replace('#', run.given.toString(36));
  run.given += 1;
  run.sent.set(sender, now());
  session.deliver_sm(
    { source_addr_ton: 1, source_addr_npi: 1, source_addr: sender, destination_addr: run.shortCode, short_message: body },
    (answer) => {
      if (!run || answer.command_status === smpp.ESME_ROK) return;
      run.refused += 1; // it is delivered again, as an SMSC does
      run.free.push(sender);
      run.sent.delete(sender);
      run.given -= 1;
    },
  );
}

function feed() {
  while (run && run.given < run.count && run.sent.size < run.window && run.free.length) deliver();
}

function pace() {
  const due = Math.min(run.count, Math.floor(((now() - run.began) / 1000) * run.rate));
  while (run.given < due && run.free.length) deliver();
}

const server = smpp.createServer({}, (one) => {
  one.on('bind_transceiver', (pdu) => {
    session = one;
    one.send(pdu.response({ system_id: 'load' }));
    say('bound', {});
  });
  one.on('submit_sm', submitted);
  one.on('enquire_link', (pdu) => one.send(pdu.response()));
  one.on('unbind', (pdu) => one.send(pdu.response()));
  one.on('error', (error) => say('error', { reason: String(error) }));
});

const commands = {
  // count texts, `window` of them unanswered at once, or `rate` a second
  texts: ({ count, window, rate, senders, bodies, shortCode }) => {
    run = { count, window, rate, bodies, shortCode, free: [...senders], sent: new Map(), waits: [],
      given: 0, refused: 0, unasked: 0, began: now() };
    if (rate) run.timer = setInterval(pace, 5);
    else feed();
  },
  segments: () => {
    say('segments', { segments: blast.segments, seconds: (blast.last - blast.first) / 1000 });
  },
  forget: () => {
    blast = { segments: 0, first: 0, last: 0 };
  },
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const command = JSON.parse(line);
  commands[command.do](command);
}).on('close', () => process.exit(0));

server.listen(Number(process.argv[2] || 0), '127.0.0.1', () => say('listening', { port: server.address().port }));
