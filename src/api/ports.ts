import type { Alarm } from '../alarms/alarm_list.ts';
import type { Clock } from '../clock/clock.ts';
import type { Conversions } from '../delivery/conversions.ts';
import type { DeliveryService } from '../delivery/delivery_service.ts';
import type { JpegPictures } from '../delivery/jpeg_pictures.ts';
import type { Camera } from '../index/cameras.ts';
import type { LiveHub } from '../live/live_hub.ts';
import type { RecordableReport } from '../probe/probe.ts';
import type { StreamMetadata } from '../recorder/newest_metadata.ts';
import type { StreamStatus } from '../recorder/status.ts';
import type { TransportSetting } from '../recorder/transport_choice.ts';
import type { RetentionReport } from '../retention/report.ts';
import type { UnixMillis } from '../units/time.ts';
import type { VerificationReport } from '../verification.ts';
import type { CameraService } from './camera_service.ts';
import type { CameraStore } from './camera_store.ts';
import type { CoverageAnswer } from './contract/coverage.ts';
import type { Device, DeviceInput } from './contract/device.ts';
import type { BurstAnswer, TimelineAnswer } from './contract/footage.ts';
import type { StatusAnswer, StorageAnswer } from './contract/status.ts';
import type { DiscoveryService } from './discovery_service.ts';
import type { EventService } from './event_service.ts';
import type { ProtectionService } from './protection_service.ts';
import type { UpdateFeed } from './updates/update_feed.ts';

export interface ProbeRequest {
  /** Without credentials. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
  readonly tlsFingerprint?: string;
  readonly transport?: TransportSetting;
}

export interface TimelineRequest {
  readonly streamId: string;
  readonly fromMs: UnixMillis;
  readonly toMs: UnixMillis;
  readonly resolutionMs?: number | undefined;
}

export interface BurstRequest {
  readonly streamId: string;
  readonly fromMs: UnixMillis;
  readonly direction: 'next' | 'previous';
}

export interface CoverageRequest {
  readonly stream: { readonly id: string; readonly role: 'main' | 'sub' };
  readonly fromMs: UnixMillis;
  readonly toMs: UnixMillis;
  /** IANA name of the zone whose days are wanted. */
  readonly zone?: string | undefined;
}

/** Everything that the routes need of the rest of Nightjar. */
export interface ApiServices {
  readonly clock: Clock;
  readonly version: string;
  readonly installationId: string;
  readonly startedMs: UnixMillis;
  readonly cameras: Pick<CameraStore, 'list' | 'get'>;
  readonly cameraService: CameraService;
  /** Starts them and adds those that are not there. */
  readonly demoCameras: { add(): Promise<readonly Camera[]> };
  readonly streamStatus: (streamId: string) => StreamStatus | undefined;
  readonly newestMetadata: (streamId: string) => StreamMetadata | undefined;
  /** What a camera sends; rejects when that cannot be recorded. */
  readonly probe: (request: ProbeRequest) => Promise<RecordableReport>;
  readonly discoveries: Pick<DiscoveryService, 'start' | 'get'>;
  /** What an ONVIF device is, and its streams. */
  readonly readDevice: (request: DeviceInput) => Promise<Device>;
  readonly timeline: (request: TimelineRequest) => TimelineAnswer;
  readonly burst: (request: BurstRequest) => BurstAnswer;
  readonly coverage: (request: CoverageRequest) => CoverageAnswer;
  readonly events: Pick<EventService, 'add' | 'close' | 'list'>;
  /** How much footage there is, and how much there will be. */
  readonly retention: () => RetentionReport & { readonly overdue: boolean };
  readonly protections: Pick<ProtectionService, 'add' | 'list' | 'release'>;
  readonly delivery: Pick<DeliveryService, 'playlist' | 'segmentFile' | 'clip' | 'keyFrame'>;
  /** Key frames as JPEG. */
  readonly pictures: Pick<JpegPictures, 'picture'>;
  readonly conversions: Pick<Conversions, 'file'>;
  readonly updates: Pick<UpdateFeed, 'connect'>;
  readonly live: Pick<LiveHub, 'join'>;
  readonly storage: () => StorageAnswer;
  /** What needs a person, the gravest first. */
  readonly alarms: () => readonly Alarm[];
  /** What keeps the server as a whole from working, in words; a camera never does. */
  readonly problems: () => string[];
  readonly process: () => StatusAnswer['process'];
  readonly supervision: () => StatusAnswer['supervision'];
  /** Times that a stream was begun anew because nothing of it was committed. */
  readonly streamRestarts: (streamId: string) => number;
  /** Whether the recorded files are still there. */
  readonly verification: { begin(deep: boolean): void; report(): VerificationReport };
  readonly isStopping: () => boolean;
}
