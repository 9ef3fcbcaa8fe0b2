// Memory of large buffers goes back at once: left to the garbage collector it would look at all
// objects once for some of them, which costs more than to read them.

/** Smaller buffers share their memory with others. */
const bytesMin = 64 * 1024

/** Nobody looks at these bytes any more, nor at a view of them. */
export function giveBack({ buffer, byteLength }: Uint8Array): void {
  const isAlone = byteLength >= bytesMin && buffer.byteLength - byteLength < bytesMin
  if (isAlone && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

/** The same of bytes that no others share their memory with, however much more of it there is. */
export function giveBackAlone({ buffer }: Uint8Array): void {
  // What is no larger may be the pool that small buffers are parts of.
  if (buffer.byteLength > Buffer.poolSize && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
