// The backends that `grantlog verify` is told to look into, each with its own credentials. See
// backends.test.ts.
import { readFileSync } from 'node:fs'
import { type Backend, jaegerBackend, searchBackends } from '@grantlog/query'
import { CliError } from './errors.ts'
import { headersOf } from './forward.ts'

/** Base URLs, by the name of the flag. */
export interface BackendFlags {
  readonly jaeger?: string
  readonly opensearch?: string
  readonly elasticsearch?: string
}

type BackendName = keyof BackendFlags

/**
 * Environment variable with headers for a backend, the same as for a sink that writes to it; with
 * `_FILE` that of a file that holds them.
 */
export function headersVariable(name: BackendName): string {
  return `GRANTLOG_${name.toUpperCase()}_HEADERS`
}

/** What is there is looked for, so a wrong URL is found before any long work. */
export async function openBackends(
  flags: BackendFlags,
  env: NodeJS.ProcessEnv,
): Promise<readonly Backend[]> {
  const backends: Backend[] = []
  if (flags.jaeger !== undefined) {
    backends.push(jaegerBackend(flags.jaeger, backendHeaders('jaeger', env)))
  }
  for (const engine of ['opensearch', 'elasticsearch'] as const) {
    const url = flags[engine]
    if (url === undefined) continue
    backends.push(...(await searchBackends({ engine, url, headers: backendHeaders(engine, env) })))
  }
  return backends
}

/** Errors: FORWARD_HEADERS_INVALID, which shows none of it; SYSTEM for a file. */
export function backendHeaders(name: BackendName, env: NodeJS.ProcessEnv): Record<string, string> {
  const variable = headersVariable(name)
  const fileVariable = `${variable}_FILE`
  const [text, file] = [env[variable], env[fileVariable]]
  if (file === undefined) return headersOf(text, variable)
  if (text !== undefined) {
    throw new CliError('FORWARD_HEADERS_INVALID', `both ${variable} and ${fileVariable} are set`)
  }
  return headersOf(readFileSync(file, 'utf8'), `the file of ${fileVariable}`)
}
