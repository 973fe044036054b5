/** A device that answers each Probe with thousands of replies: bogus, oversized, malformed. Runs until it is ended. */
import { createSocket } from 'node:dgram';

const repliesPerProbe = 2500;
const bogus = (at: number) =>
  `<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><ProbeMatches><ProbeMatch><EndpointReference><Address>urn:uuid:${at}</Address></EndpointReference>` +
  `<Types>dn:NetworkVideoTransmitter</Types><Scopes>onvif://www.onvif.org/name/%1B%5B2J${at}</Scopes><XAddrs>http://10.77.1.11:${at % 65_536}/</XAddrs></ProbeMatch></ProbeMatches></e:Body></e:Envelope>`;
const kinds: ((at: number) => Buffer)[] = [
  (at) => Buffer.from(bogus(at)),
  (at) => Buffer.from(bogus(at)).subarray(0, 200),
  () => Buffer.alloc(60_000, '<a>'),
  () => Buffer.from(`<!DOCTYPE a [<!ENTITY b "c">]>${bogus(1)}`),
  () => Buffer.from(`<!${'b'.repeat(16_000)}`),
  () => Buffer.from([0, 255, 60, 62]),
];

let sent = 0;
const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (_, { port, address }) => {
  for (let at = 0; at < repliesPerProbe; at++, sent++)
    socket.send(kinds[sent % kinds.length]!(sent), port, address);
});
socket.bind(3702, () => {
  socket.addMembership('239.255.255.250', process.argv[2]);
  console.log('listening');
});
