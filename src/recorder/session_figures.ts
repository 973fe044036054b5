import { type MetadataFigures, noMetadata } from './metadata_path.ts';

/** What came in a session, or in several. */
export interface SessionFigures extends MetadataFigures {
  readonly packets: number;
  readonly packetsLost: number;
  readonly bytesReceived: number;
  readonly framingBytesLost: number;
}

export const noFigures: SessionFigures = {
  packets: 0,
  packetsLost: 0,
  bytesReceived: 0,
  framingBytesLost: 0,
  ...noMetadata,
};

export function addFigures(a: SessionFigures, b: SessionFigures): SessionFigures {
  return {
    packets: a.packets + b.packets,
    packetsLost: a.packetsLost + b.packetsLost,
    bytesReceived: a.bytesReceived + b.bytesReceived,
    framingBytesLost: a.framingBytesLost + b.framingBytesLost,
    metadataPackets: a.metadataPackets + b.metadataPackets,
    metadataDocuments: a.metadataDocuments + b.metadataDocuments,
    metadataBytes: a.metadataBytes + b.metadataBytes,
    metadataLost: a.metadataLost + b.metadataLost,
  };
}
