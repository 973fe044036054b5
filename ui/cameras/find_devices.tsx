import { useEffect, useState } from 'preact/hooks';
import type { DiscoveredDevice } from '../../src/api/contract/device.ts';
import { cameras, putCamera } from '../api/camera_store.ts';
import { addDemoCameras } from '../api/device_requests.ts';
import { RequestProblem } from '../api/problem.ts';
import { TextField } from '../design/field.tsx';
import { Icon } from '../design/icon.tsx';
import { Notice } from '../design/notice.tsx';
import { toast } from '../design/toasts.tsx';
import { message } from '../messages/message.ts';
import { Link, navigate } from '../navigation.tsx';
import { cameraPath } from '../route.ts';
import { discover, discovery, discoveryProblem } from './discovery.ts';
import { modelOf } from './proposal.ts';

/** What is chosen to be set up: a device that answered, with its name, or an address. */
export type Found = Pick<DiscoveredDevice, 'address'> & { name?: string };

/** An address that the server could not read, with what is wrong with it. */
export interface RefusedAddress {
  address: string;
  wrong: string;
}

/** The devices that answer on the network, as they come, and what to do when none does. */
export function FindDevices({
  refused,
  onChoose,
}: {
  refused: RefusedAddress | undefined;
  onChoose: (found: Found) => void;
}) {
  const found = discovery.value;
  const problem = discoveryProblem.value;
  const searching = problem === undefined && found?.state !== 'done';

  useEffect(() => {
    if (discovery.peek() === undefined) void discover();
  }, []);

  return (
    <div class="find">
      <div class="search-state" role="status">
        {searching ? <span class="spinner" /> : <Icon name="search" />}
        <p>
          {searching ? message('add.searching') : message('add.found', { count: found?.devices.length ?? 0 })}
          <span class="faint small where">
            {found &&
              found.searched.length > 0 &&
              message(searching ? 'add.searching.where' : 'add.searched.where', {
                where: found.searched.join(', '),
              })}
          </span>
        </p>
        <button type="button" class="button quiet" disabled={searching} onClick={() => void discover()}>
          {message('add.again')}
        </button>
      </div>
      <div class={`search-line ${searching ? 'running' : ''}`} key={found?.id ?? ''} />

      {found && found.devices.length > 0 && (
        <ul class="device-list">
          {found.devices.map((device) => (
            <DeviceRow key={device.id} device={device} onChoose={onChoose} />
          ))}
        </ul>
      )}
      {found?.state === 'done' && found.devices.length === 0 && <NoneFound />}
      {problem && (
        <Notice kind="alarm" advice={problem.advice}>
          {problem.detail}
        </Notice>
      )}
      {found?.problems.map((text) => (
        <Notice key={text} kind="caution">
          {text}
        </Notice>
      ))}
      {found !== undefined && found.ignored > 0 && (
        <p class="small faint">{message('add.ignored', { count: found.ignored })}</p>
      )}
      <AddressForm refused={refused} onChoose={onChoose} />
      <DemoCameras />
    </div>
  );
}

function DeviceRow({ device, onChoose }: { device: DiscoveredDevice; onChoose: (found: Found) => void }) {
  // The search may be older than a camera that was just added, so the list of cameras has the last word.
  const camera = cameras.value?.find(
    ({ id, address }) => id === device.cameraId || address === device.address,
  );
  const model = modelOf(device);
  return (
    <li class="device-row">
      <Icon name="cameras" />
      <div>
        <h3>{device.name}</h3>
        <p class="small dim">
          {[device.address, ...(model && model !== device.name ? [model] : [])].join('  ·  ')}
        </p>
      </div>
      {camera ? (
        <Link class="button quiet" href={cameraPath(camera.id)}>
          <Icon name="check" />
          {message('add.device.added')}
        </Link>
      ) : (
        <button type="button" class="button" onClick={() => onChoose(device)}>
          {message('add.device.choose')}
        </button>
      )}
    </li>
  );
}

function NoneFound() {
  return (
    <div class="none-found">
      <h2>{message('add.none.title')}</h2>
      <ul>
        <li>{message('add.none.power')}</li>
        <li>{message('add.none.onvif')}</li>
        <li>{message('add.none.other')}</li>
      </ul>
    </div>
  );
}

function AddressForm({
  refused,
  onChoose,
}: {
  refused: RefusedAddress | undefined;
  onChoose: (found: Found) => void;
}) {
  const [address, setAddress] = useState(refused?.address ?? '');
  return (
    <form
      class="with-test address-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (address.trim() !== '') onChoose({ address: address.trim() });
      }}
    >
      <TextField
        label={message('add.address.label')}
        wrong={address === refused?.address ? refused.wrong : undefined}
        placeholder={message('add.address.placeholder')}
        value={address}
        inputMode="url"
        maxLength={253}
        onValue={setAddress}
      />
      <button type="submit" class="button" disabled={address.trim() === ''}>
        {message('add.address.action')}
      </button>
    </form>
  );
}

function DemoCameras() {
  const [busy, setBusy] = useState(false);
  const add = async (): Promise<void> => {
    setBusy(true);
    try {
      const added = await addDemoCameras();
      for (const camera of added) putCamera(camera);
      toast('done', message('add.demo.done', { count: added.length }));
      navigate('/live');
    } catch (problem) {
      if (!(problem instanceof RequestProblem)) throw problem;
      toast('problem', problem.detail, problem.advice);
      setBusy(false);
    }
  };
  return (
    <div class="demo-offer">
      <p>
        {message('add.demo.question')} <span class="faint small">{message('add.demo.text')}</span>
      </p>
      <button type="button" class="button" disabled={busy} onClick={() => void add()}>
        {busy && <span class="spinner" />}
        {message('add.demo.action')}
      </button>
    </div>
  );
}
