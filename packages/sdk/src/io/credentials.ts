import { readFileSync } from 'node:fs'
import { SdkError } from '../codes.ts'
import { credentialsBytesMax } from '../limits.ts'
import { messageOf } from '../notice.ts'

/** Text of the credentials file. Throws SdkError CREDENTIALS_UNREADABLE. Read once, at start. */
export function readCredentials(path: string): string {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new SdkError('CREDENTIALS_UNREADABLE', messageOf(error))
  }
  if (text.length > credentialsBytesMax) {
    throw new SdkError('CREDENTIALS_INVALID', `more than ${credentialsBytesMax} bytes`)
  }
  return text
}
