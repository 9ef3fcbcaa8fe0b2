// `node --import @grantlog/sdk/register server.js`: starts the SDK before the service. Whatever is
// wrong is said in one line on stderr; the service starts in any case.
import { SdkError } from './codes.ts'
import { startGrantlog } from './index.ts'
import { writeStderr } from './io/stderr.ts'
import { createNotify, messageOf } from './notice.ts'

try {
  startGrantlog()
} catch (error) {
  const code = error instanceof SdkError ? error.code : 'START_FAILED'
  createNotify(writeStderr, () => 0)(code, messageOf(error))
}
