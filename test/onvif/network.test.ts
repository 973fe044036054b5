import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { namespacesMissing } from '../fixtures/network_namespace.ts';
import { TestNetworks } from './test_networks.ts';

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const nightjar = file('../../src/main.ts');
const camera = file('camera_process.ts');
const flood = file('flood_process.ts');
const foreignDevice = fileURLToPath(import.meta.resolve('onvif-0.6/test/serverMockup.coffee'));
const coffee = fileURLToPath(import.meta.resolve('coffeescript/bin/coffee'));

/** Five seconds, and one for a machine that runs many tests at once. */
const maxTookMs = 6000;

/** What `discover --json` prints of each device. */
interface Finding {
  readonly address: string;
  readonly name: string;
  readonly model?: string;
  readonly problem?: string;
  readonly device?: { readonly media: string; readonly profiles: readonly { role?: string; url: string }[] };
}

describe('discover, on two networks with cameras of their own', {
  skip: await namespacesMissing(),
}, async () => {
  const networks = await TestNetworks.create();
  after(() => networks.close());
  const recorder = await networks.addHost([1, 2], 2);
  for (const [name, network, number] of [
    ['Front door', 1, 11],
    ['Garage', 1, 12],
    ['Shed', 2, 13],
  ] as const) {
    const host = await networks.addHost([network], number);
    await host.start([camera, name, `10.77.${network}.${number}`]);
  }
  const foreign = await networks.addHost([2], 14);
  await foreign.routeMulticast();
  await foreign.start([coffee, foreignDevice], { HOSTNAME: '10.77.2.14', PORT: '10101', VERBOSE: '1' });

  const discover = async (...words: string[]) => {
    const { code, stdout, stderr, tookMs } = await recorder.run([nightjar, 'discover', '--json', ...words]);
    assert.equal(code, 0, stderr);
    const findings = JSON.parse(stdout) as Finding[];
    return { findings: findings.toSorted((a, b) => a.address.localeCompare(b.address)), stderr, tookMs };
  };
  const everybody = [
    '10.77.1.11:8000 Front door',
    '10.77.1.12:8000 Garage',
    '10.77.2.13:8000 Shed',
    '10.77.2.14:10101 PREDATOR',
  ];
  const listed = (findings: readonly Finding[]) => findings.map(({ address, name }) => `${address} ${name}`);

  test('each camera is found once, by its own address, within five seconds', async () => {
    const { findings, stderr, tookMs } = await discover();
    assert.deepEqual(listed(findings), everybody);
    assert.equal(stderr, '');
    assert.ok(tookMs < maxTookMs, `${tookMs} ms`);
  });

  test('with a password the streams of each are read', async () => {
    const { findings } = await discover('--username', 'admin', '--password', 'secret');
    assert.deepEqual(
      findings.map(({ device }) => [
        device?.media,
        ...(device?.profiles.map(({ role, url }) => `${role} ${url}`) ?? []),
      ]),
      [
        ...['10.77.1.11', '10.77.1.12', '10.77.2.13'].map((host) => [
          'media2',
          `main rtsp://${host}:554/main`,
          `sub rtsp://${host}:554/sub`,
        ]),
        ['media1', 'main rtsp://10.77.2.14/h264main'],
      ],
    );
  });

  test('with a wrong password each says so', async () => {
    const { findings } = await discover(
      '--username',
      'admin',
      '--password',
      'wrong',
      '--address',
      '10.77.1.12',
    );
    assert.match(findings[0]?.problem ?? '', /onvif_credentials/);
  });

  test('one address is probed alone', async () => {
    for (const [address, found] of [
      ['10.77.2.13', everybody[2]],
      ['10.77.2.14', everybody[3]],
    ] as const) {
      const { findings } = await discover('--address', address);
      assert.deepEqual(listed(findings), [found]);
    }
  });

  test('an address where nobody is gives an empty list, within five seconds', async () => {
    for (const address of ['10.77.1.99', '127.0.0.1', 'no-such-name.invalid']) {
      const { findings, stderr, tookMs } = await discover('--address', address);
      assert.deepEqual(findings, []);
      assert.match(stderr, /^nightjar: .+\n$/);
      assert.ok(tookMs < maxTookMs, `${address}: ${tookMs} ms`);
    }
  });

  test('O5: people get a table and where it was searched', async () => {
    const { stdout } = await recorder.run([nightjar, 'discover']);
    assert.match(stdout, /^ADDRESS +NAME +MANUFACTURER +MODEL\n/);
    assert.match(stdout, /10\.77\.2\.13:8000 +Shed +Simulated camera\n/);
    assert.match(stdout, /Searched: lo 127\.0\.0\.1, eth0 10\.77\.1\.2, eth1 10\.77\.2\.2\.\n$/);
  });

  test('a flood of bogus, oversized and malformed replies ends nothing, and hides no camera of another address', async () => {
    const hostile = await networks.addHost([1], 66);
    await hostile.start([flood, '10.77.1.66']);
    const { stdout } = await recorder.run([nightjar, 'discover']);
    const [, ignored] = /(\d+) replies were ignored/.exec(stdout) ?? [];
    assert.ok(Number(ignored) > 0, stdout.slice(-200));
    const { findings, tookMs } = await discover();
    const honest = findings.filter(({ address }) => !address.startsWith('10.77.1.66'));
    assert.deepEqual(listed(honest), everybody);
    assert.ok(findings.length <= 256);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there.
    for (const { name } of findings) assert.doesNotMatch(name, /[\x00-\x1f]/);
    // The flood takes the processor from everybody; without bounds it takes minutes.
    assert.ok(tookMs < 15_000, `${tookMs} ms`);
  });
});
