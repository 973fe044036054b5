import assert from 'node:assert/strict';
import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NetworkNamespace, namespacesMissing } from '../fixtures/network_namespace.ts';
import { until } from '../fixtures/until.ts';

const addresses = ['10.77.0.1', '10.77.0.2', '10.77.0.3'];
const clientAddress = '10.77.0.100';

interface Device {
  readonly address: string;
  readonly endpoint: string;
  readonly url: string;
  readonly streams: readonly { readonly url: string }[];
}

interface Datagram {
  readonly address: string;
  readonly port: number;
  readonly text: string;
}

/** A process whose output is lines of JSON. */
interface Spoken<Line> {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  readonly lines: readonly Line[];
}

let network: NetworkNamespace;
let home: NetworkNamespace;
let listener: Spoken<Datagram>;
let devices: Spoken<Device[]>;

const skip = await namespacesMissing();
if (!skip) {
  before(async () => {
    network = await NetworkNamespace.create();
    home = await NetworkNamespace.create();
    await network.connect(home, addresses, [clientAddress]);
    listener = speak(home, 'plain_listener.js', clientAddress);
    await until(() => listener.lines.length === 1);
    devices = speak(network, 'devices_process.ts', ...addresses);
    await until(() => devices.lines.length === 1);
  });

  after(async () => {
    for (const { process } of [devices, listener]) {
      process.stdin.end();
      if (process.exitCode === null) await once(process, 'exit');
    }
    await network.close();
    await home.close();
  });
}

test('three devices of one process answer a multicast probe, each from its own address', {
  skip,
}, async () => {
  listener.process.stdin.write('uuid:first\n');
  const answers = () => listener.lines.filter(({ text }) => text.includes('uuid:first'));
  await until(() => answers().length === 3);
  const found = answers().sort((a, b) => a.address.localeCompare(b.address));
  for (const [index, device] of devices.lines[0]!.entries()) {
    const { address, port, text } = found[index]!;
    assert.deepEqual([address, port], [device.address, 3702]);
    assert.ok(text.includes(`<a:Address>${device.endpoint}</a:Address>`), text);
    assert.ok(text.includes(`<d:XAddrs>${device.url}</d:XAddrs>`), text);
    assert.ok(text.includes(`onvif://www.onvif.org/name/Camera%20${index + 1} `), text);
  }
});

test('the client of libonvif finds them all and reads their names', { skip }, async () => {
  const output = await onvifUtil('', '-a');
  assert.match(output, /Found 3 cameras/);
  for (const [index, address] of addresses.entries()) {
    assert.match(output, new RegExp(`^${address} camera-${index + 1}\\(`, 'm'));
  }
});

test('the client of libonvif logs in at one of them and reads its stream', { skip }, async () => {
  const [, device] = devices.lines[0]!;
  const asked = 'get rtsp\nget profiles\nget time\nquit\n';
  const output = await onvifUtil(asked, '-u', 'admin', '-p', 'secret', device!.address);
  assert.ok(output.includes(device!.streams[0]!.url), output);
  assert.match(output, /Token 0: main/);
  assert.match(output, /Time Offset: [01] seconds/);
});

test('the client of libonvif is refused with a wrong password', { skip }, async () => {
  const output = await onvifUtil('quit\n', '-u', 'admin', '-p', 'guess', addresses[0]!);
  assert.match(output, /ter:NotAuthorized/);
});

test('devices say when they come and when they go', { skip }, async () => {
  const heard = (action: string) =>
    listener.lines.filter(({ text }) => text.includes(`/discovery/${action}</a:Action>`));
  await until(() => heard('Hello').length >= 3);
  devices.process.stdin.end();
  await until(() => heard('Bye').length >= 3);
  for (const action of ['Hello', 'Bye']) {
    assert.deepEqual(
      heard(action)
        .map(({ address }) => address)
        .sort(),
      addresses,
    );
  }
});

/** Runs a script of this folder inside a namespace. */
function speak<Line>(namespace: NetworkNamespace, script: string, ...args: string[]): Spoken<Line> {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(...namespace.command(process.execPath, file, ...args), {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines: Line[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  return { process: child, lines };
}

/** What the command line client of Debian's `onvif-tools` says on the side of the listener. */
function onvifUtil(input: string, ...args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const [file, all] = home.command('onvif-util', ...args);
    const child = execFile(file, all, { timeout: 20_000 }, (error, stdout, stderr) => {
      if (error && error.code === 127) reject(error);
      else resolve(stdout + stderr);
    });
    child.stdin!.end(input);
  });
}
