// A policy file, read or refused. See test/policy.test.ts.
import { open } from 'node:fs/promises'
import {
  type Fault,
  MAX_CONFIG_BYTES,
  type PolicyText,
  readPolicyText,
} from '@grantlog/receiver/settings'
import { CliError } from './errors.ts'

/** The policy, or all that is wrong with it. Errors: POLICY_UNREADABLE. */
export async function checkPolicyFile(path: string): Promise<PolicyText | readonly Fault[]> {
  return readPolicyText(await textOfFile(path))
}

/** Errors: POLICY_UNREADABLE, POLICY_INVALID. */
export async function readPolicyFile(path: string): Promise<PolicyText> {
  const read = await checkPolicyFile(path)
  if ('policy' in read) return read
  throw invalidFile(path, read)
}

/** The first fault, and how many there are. */
export function invalidFile(path: string, faults: readonly Fault[]): CliError {
  const { column, fix, line, path: at, what } = faults[0]!
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more: grantlog policy check)` : ''
  const detail = `${path}:${line}:${column}${at && ` ${at}`}: ${what}${more}`
  return new CliError('POLICY_INVALID', detail, { fix })
}

/** No more of a file is read than its reader takes. Errors: POLICY_UNREADABLE. */
export async function textOfFile(path: string): Promise<string> {
  try {
    const file = await open(path)
    try {
      const bytes = Buffer.alloc(MAX_CONFIG_BYTES + 1)
      let length = 0
      for (;;) {
        const { bytesRead } = await file.read(bytes, length, bytes.length - length, length)
        length += bytesRead
        if (bytesRead === 0 || length === bytes.length) break
      }
      return new TextDecoder().decode(bytes.subarray(0, length))
    } finally {
      await file.close()
    }
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    throw new CliError('POLICY_UNREADABLE', `${path} (${code})`, { cause })
  }
}

/** As compilers print them, so that editors find the place. */
export function faultLines(file: string, { column, fix, line, path, what }: Fault): string {
  return `${file}:${line}:${column}: ${path && `${path}: `}${what}\n  fix: ${fix}`
}
