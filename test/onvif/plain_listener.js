// A plain client of WS-Discovery that knows nothing of the project: joins the group on the address given, sends a
// probe for each line of its input, and writes each datagram that comes as a line of JSON.
import { createSocket } from 'node:dgram';
import { createInterface } from 'node:readline';

const group = '239.255.255.250';
const socket = createSocket({ type: 'udp4', reuseAddr: true });
socket.on('message', (message, { address, port }) => {
  console.log(JSON.stringify({ address, port, text: String(message) }));
});
socket.bind(3702, () => {
  socket.addMembership(group, process.argv[2]);
  socket.setMulticastInterface(process.argv[2]);
  socket.setMulticastLoopback(false);
  console.log(JSON.stringify({ text: 'ready' }));
});
createInterface({ input: process.stdin })
  .on('line', (messageId) => {
    const probe = `<?xml version="1.0" encoding="utf-8"?>
<Envelope xmlns:tds="http://www.onvif.org/ver10/device/wsdl" xmlns="http://www.w3.org/2003/05/soap-envelope"><Header xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing"><w:MessageID>${messageId}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To><w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></Header><Body><Probe xmlns="http://schemas.xmlsoap.org/ws/2005/04/discovery"><Types>tds:Device</Types></Probe></Body></Envelope>`;
    socket.send(probe, 3702, group);
  })
  .on('close', () => socket.close());
