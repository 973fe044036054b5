/** Which stream is played. */
export interface PlayedStream {
  readonly cameraId: string;
  readonly streamId: string;
}
