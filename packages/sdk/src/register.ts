// `node --import @grantlog/sdk/register server.js`: starts the SDK before the service. Whatever is
// wrong is said in one line on stderr; the service starts in any case.
import { SdkError } from './codes.ts'
import { startGrantlog } from './index.ts'
import { messageOf, noticeLine } from './notice.ts'

try {
  startGrantlog()
} catch (error) {
  const known = error instanceof SdkError
  // The title stands in the message already; only what is in its brackets is new.
  const detail = known ? /\[(.*)\]$/s.exec(error.message)?.[1] : messageOf(error)
  process.stderr.write(noticeLine(known ? error.code : 'START_FAILED', detail))
}
