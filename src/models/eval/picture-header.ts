/** What the first bytes of a picture file tell of it, without decoding. */
export interface PictureHeader {
  readonly format: 'JPEG' | 'PNG';
  /** Pixels as stored. */
  readonly width: number;
  readonly height: number;
  /** Whether the mark of the end is there: a file cut short decodes too, to a picture that is partly grey. */
  readonly whole: boolean;
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Length (0), name and checksum of the chunk that ends every PNG. */
const PNG_END = Buffer.from([0, 0, 0, 0, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82]);
const JPEG_START = Buffer.from([0xff, 0xd8]);
const JPEG_END = Buffer.from([0xff, 0xd9]);
const START_OF_SCAN = 0xda;

/** Undefined for what is neither a JPEG (ITU-T T.81) nor a PNG (ISO/IEC 15948). */
export function pictureHeader(bytes: Buffer): PictureHeader | undefined {
  if (bytes.length >= 24 && bytes.subarray(0, 8).equals(PNG_SIGNATURE)) {
    const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
    return { format: 'PNG', width, height, whole: bytes.includes(PNG_END, 24) };
  }
  return bytes.subarray(0, 2).equals(JPEG_START) ? jpegHeader(bytes) : undefined;
}

function jpegHeader(bytes: Buffer): PictureHeader | undefined {
  let size: { width: number; height: number } | undefined;
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++; // fill bytes may stand before a marker
      continue;
    }
    if (marker === START_OF_SCAN) {
      // 0xff is escaped within a scan, so this mark can only be the end; a thumbnail's lies before
      return size && { format: 'JPEG', ...size, whole: bytes.indexOf(JPEG_END, at) >= 0 };
    }
    if (isFrameHeader(marker) && at + 9 <= bytes.length) {
      size = { width: bytes.readUInt16BE(at + 7), height: bytes.readUInt16BE(at + 5) };
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

/** SOF0 to SOF15, but for the three of that range that mean something else (DHT, JPG, DAC). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}
