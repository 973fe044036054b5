import type { Alarm } from '../../alarms/alarm_list.ts';
import type { Clock, Timer } from '../../clock/clock.ts';
import { NightjarError } from '../../errors/nightjar_error.ts';
import type { FootageDamage, FootageGrowth } from '../../recorder/footage_reports.ts';
import type { StreamStatus } from '../../recorder/status.ts';
import { viewAlarm } from '../alarm_view.ts';
import type { CameraStore } from '../camera_store.ts';
import { viewCamera } from '../camera_view.ts';
import type { StorageAnswer } from '../contract/status.ts';
import type { UpdateEvents } from '../contract/update.ts';
import type { EventChange } from '../event_service.ts';
import { type DeletedSegment, deletedStretches } from './deleted_footage.ts';
import { eventText, keepAliveText, retryText } from './event_text.ts';
import { Pacer } from './pacer.ts';
import { isNoticeableChange } from './storage_change.ts';

/** Open pages and programs; each costs a socket. */
const maxClients = 64;
const keepAliveMs = 15_000;
const footageIntervalMs = 1_000;
const damageIntervalMs = 5_000;
const eventIntervalMs = 1_000;
const retryMs = 2_000;

/** Somebody who is told what changes. */
export interface UpdateClient {
  /** Takes text without waiting; false when it is too slow and what it has not read yet is too much. */
  send(text: string): boolean;
  close(): void;
}

/** Tells everybody who is connected what changes, to all in the same order. Without clients it does nothing. */
export class UpdateFeed {
  readonly #clock: Clock;
  readonly #version: string;
  readonly #cameras: Pick<CameraStore, 'list' | 'get'>;
  readonly #streamStatus: (streamId: string) => StreamStatus | undefined;
  readonly #storage: () => StorageAnswer;
  readonly #footagePacer: Pacer;
  readonly #damagePacer: Pacer;
  /** Of each stream, what was not told yet. */
  readonly #damages = new Map<string, FootageDamage>();
  readonly #eventPacer: Pacer;
  /** The same of each camera. */
  readonly #events = new Map<string, EventChange>();
  readonly #clients = new Set<UpdateClient>();
  #keepAlive: Timer | undefined;
  #storageTold: StorageAnswer | undefined;
  #stopped = false;

  constructor(options: {
    clock: Clock;
    version: string;
    cameras: Pick<CameraStore, 'list' | 'get'>;
    streamStatus: (streamId: string) => StreamStatus | undefined;
    storage: () => StorageAnswer;
  }) {
    this.#clock = options.clock;
    this.#version = options.version;
    this.#cameras = options.cameras;
    this.#streamStatus = options.streamStatus;
    this.#storage = options.storage;
    this.#footagePacer = new Pacer(options.clock, footageIntervalMs);
    this.#damagePacer = new Pacer(options.clock, damageIntervalMs);
    this.#eventPacer = new Pacer(options.clock, eventIntervalMs);
  }

  get clients(): number {
    return this.#clients.size;
  }

  /**
   * Begins with `hello`.
   *
   * @returns ends it without closing the client; may be called again
   * @throws NightjarError `too_busy`, `stopping`
   */
  connect(client: UpdateClient): () => void {
    if (this.#stopped) throw new NightjarError('stopping', 'The server is stopping.');
    if (this.#clients.size >= maxClients) {
      throw new NightjarError('too_busy', `${maxClients} pages and programs listen for updates already.`);
    }
    if (this.#clients.size === 0) this.#begin();
    this.#clients.add(client);
    const hello = eventText('hello', { nowMs: this.#clock.now(), version: this.#version });
    this.#sendTo(client, retryText(retryMs) + hello);
    return () => this.#remove(client);
  }

  /** It was added, changed or removed, or a stream of it does something else. */
  cameraChanged(cameraId: string): void {
    if (this.#clients.size === 0) return;
    const camera = this.#cameras.get(cameraId);
    if (camera) this.#tell('camera', viewCamera(camera, this.#streamStatus));
    else this.#tell('camera_removed', { id: cameraId });
  }

  footageGrew({ endMs, ...stream }: FootageGrowth): void {
    if (this.#clients.size === 0) return;
    const growth = { ...stream, endMs: Math.round(endMs) };
    this.#footagePacer.offer(stream.streamId, () => this.#tell('footage', growth));
  }

  footageDamaged(damage: FootageDamage): void {
    if (this.#clients.size === 0) return;
    const { streamId } = damage;
    const untold = this.#damages.get(streamId) ?? damage;
    const fromMs = Math.floor(Math.min(untold.fromMs, damage.fromMs));
    const toMs = Math.ceil(Math.max(untold.toMs, damage.toMs));
    const whole = { ...damage, fromMs, toMs };
    this.#damages.set(streamId, whole);
    this.#damagePacer.offer(streamId, () => {
      this.#damages.delete(streamId);
      this.#tell('footage_damaged', whole);
    });
  }

  eventsChanged({ cameraId, fromMs, toMs }: EventChange): void {
    if (this.#clients.size === 0) return;
    const untold = this.#events.get(cameraId);
    const whole = {
      cameraId,
      fromMs: Math.min(fromMs, untold?.fromMs ?? fromMs),
      toMs: Math.max(toMs, untold?.toMs ?? toMs),
    };
    this.#events.set(cameraId, whole);
    this.#eventPacer.offer(cameraId, () => {
      this.#events.delete(cameraId);
      this.#tell('camera_events', whole);
    });
  }

  /** Footage of cameras that were removed is nobody's concern. */
  footageDeleted(segments: readonly DeletedSegment[]): void {
    if (this.#clients.size === 0) return;
    const owners = new Map(
      this.#cameras.list().flatMap(({ id, streams }) => {
        return streams.map((stream) => [stream.id, { cameraId: id, role: stream.role }] as const);
      }),
    );
    for (const stretch of deletedStretches(segments)) {
      const owner = owners.get(stretch.streamId);
      if (owner) this.#tell('footage_deleted', { ...stretch, ...owner });
    }
  }

  /** The disk was looked at. */
  storageChecked(): void {
    if (this.#clients.size === 0) return;
    const storage = this.#storage();
    if (this.#storageTold && !isNoticeableChange(this.#storageTold, storage)) return;
    this.#storageTold = storage;
    this.#tell('storage', storage);
  }

  alarmsChanged(alarms: readonly Alarm[]): void {
    if (this.#clients.size > 0) this.#tell('alarms', { alarms: alarms.map(viewAlarm) });
  }

  /** Ends all connections; there will be no new ones. */
  stop(): void {
    this.#stopped = true;
    for (const client of [...this.#clients]) this.#drop(client);
  }

  #begin(): void {
    this.#storageTold = this.#storage();
    this.#keepAlive = this.#clock.every(keepAliveMs, () => this.#broadcast(keepAliveText));
  }

  #tell<Name extends keyof UpdateEvents>(name: Name, data: UpdateEvents[Name]): void {
    this.#broadcast(eventText(name, data));
  }

  #broadcast(text: string): void {
    for (const client of [...this.#clients]) this.#sendTo(client, text);
  }

  /** Who is too slow is better off asking anew than being told of the past. */
  #sendTo(client: UpdateClient, text: string): void {
    if (!client.send(text)) this.#drop(client);
  }

  #drop(client: UpdateClient): void {
    this.#remove(client);
    client.close();
  }

  #remove(client: UpdateClient): void {
    if (!this.#clients.delete(client) || this.#clients.size > 0) return;
    this.#keepAlive?.cancel();
    this.#footagePacer.clear();
    this.#damagePacer.clear();
    this.#damages.clear();
    this.#eventPacer.clear();
    this.#events.clear();
  }
}
