// `node --import @grantlog/sdk/register server.js`: starts the SDK before the service. Whatever is
// wrong is said in one line on stderr; the service starts in any case.
import { SdkError } from './codes.ts'
import { startGrantlog } from './index.ts'
import { messageOf, noticeLine } from './notice.ts'

try {
  startGrantlog()
} catch (error) {
  const code = error instanceof SdkError ? error.code : 'START_FAILED'
  process.stderr.write(noticeLine(code, messageOf(error)))
}
