// verify.py, the second verifier, which goes along with what it checks. See verifier.test.ts.
import { readFile } from 'node:fs/promises'

const file = new URL('../../assets/verify.py', import.meta.url)

/** A program in Python, UTF-8: it checks bundles and whole logs without any code of ours. */
export function readVerifier(): Promise<Uint8Array> {
  return readFile(file)
}
