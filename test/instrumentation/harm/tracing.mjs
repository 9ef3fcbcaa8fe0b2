// OpenTelemetry's auto-instrumentations as its documentation starts them, for both kinds of
// modules. TRACING is the folder in which they are installed.
import { createRequire, register } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const file = join(process.env.TRACING, 'x.cjs')
const require = createRequire(file)
register('@opentelemetry/instrumentation/hook.mjs', pathToFileURL(file))
require('@opentelemetry/auto-instrumentations-node/register')
