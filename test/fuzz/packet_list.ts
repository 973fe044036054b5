/** Packets as one row of bytes that a mutation may change anywhere: each after its length of 16 bits. */
export function joinPackets(packets: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    packets.flatMap((packet) => [Buffer.of(packet.length >> 8, packet.length & 0xff), packet]),
  );
}

/** Whatever the bytes say: a length that lies takes what is there. Each packet is a copy. */
export function splitPackets(bytes: Uint8Array): Uint8Array[] {
  const packets: Uint8Array[] = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    const end = Math.min(bytes.length, at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!));
    packets.push(Uint8Array.from(bytes.subarray(at + 2, end)));
    at = end;
  }
  return packets;
}
