// `node --import @grantlog/sdk/register-with-traces server.js`: the audit as `register` starts it,
// and OpenTelemetry's own traces of HTTP, so that a backend behind the receiver shows each record
// in its whole trace. Their packages are optional: without them the audit goes on and says so. See
// test/traces.test.ts, and test/scrubbed.test.ts for what must not be in them.
import { type Grantlog, startOrTell } from './start.ts'
import { startTraces } from './traces/start.ts'

const started = startOrTell()

/** To call `stop()` before `process.exit()`; null when nothing is audited. */
export const grantlog: Grantlog | null = started

if (started !== null) {
  const flush = await startTraces(started.config, process.env, started.notify)
  if (flush !== null) started.alongside(flush)
}
