// The value of a secret, from the variable or the file that the configuration names. See
// sinks.test.ts.
import { readFile } from 'node:fs/promises'
import { CliError } from '../errors.ts'
import { isHeaderValue } from '../forward.ts'
import type { ConfiguredCertificates } from './sections/certificates.ts'
import type { ConfiguredSink } from './sections/sinks.ts'

type Secret = ConfiguredSink['headersFrom'][string]

/** Errors: CONFIG_SECRET, which shows no value. */
export async function secretValue(
  secret: Secret,
  { at, env }: { readonly at: string; readonly env: NodeJS.ProcessEnv },
): Promise<string> {
  const named = 'env' in secret ? `env ${secret.env}` : `file ${secret.file}`
  const text = 'env' in secret ? env[secret.env] : await fileText(secret.file, `${at}: ${named}`)
  const value = text?.replace(/\r?\n$/, '') ?? ''
  if (value === '') throw new CliError('CONFIG_SECRET', `${at}: ${named} is empty or not there`)
  if (isHeaderValue(value)) return value
  throw new CliError('CONFIG_SECRET', `${at}: ${named} has no value that a header may hold`)
}

/** Certificates from their files, in PEM. Errors: CONFIG_SECRET. */
export async function certificatesIn(
  files: ConfiguredCertificates,
  name: string,
): Promise<Record<string, string> | undefined> {
  if (files === undefined) return undefined
  const pem: Record<string, string> = {}
  for (const [part, file] of Object.entries(files)) {
    if (file !== undefined) pem[part] = await fileText(file, `${name}, tls.${part}: file ${file}`)
  }
  return pem
}

/** Errors: CONFIG_SECRET. */
async function fileText(path: string, at: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException
    throw new CliError('CONFIG_SECRET', `${at} cannot be read (${code})`, { cause })
  }
}
