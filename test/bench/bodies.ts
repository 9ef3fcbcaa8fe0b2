// Request bodies in a file, made before anything is measured: for each its length as u32, little
// endian, then its bytes.
import { readFileSync, writeFileSync } from 'node:fs'

const lengthBytes = 4

export function writeBodies(path: string, bodies: readonly Uint8Array[]): void {
  const parts = bodies.flatMap((body) => {
    const length = Buffer.alloc(lengthBytes)
    length.writeUInt32LE(body.length)
    return [length, body]
  })
  writeFileSync(path, Buffer.concat(parts))
}

export function readBodies(path: string): Buffer[] {
  const bytes = readFileSync(path)
  const bodies: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + lengthBytes + bytes.readUInt32LE(at)
    bodies.push(bytes.subarray(at + lengthBytes, end))
    at = end
  }
  return bodies
}
