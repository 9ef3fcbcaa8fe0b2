// Where a secret is, and URLs without one: a configuration is shown, copied and committed.
import { z } from 'zod'
import { path } from './values.ts'

export const secret = z
  .union(
    [
      z.strictObject({
        env: z
          .string()
          .regex(/^[A-Za-z_]\w*$/)
          .meta({ description: 'name of the variable that holds it' }),
      }),
      z.strictObject({ file: path.meta({ description: 'file that holds it', isPath: true }) }),
    ],
    { error: 'where the value is: {env: NAME} or {file: PATH}; never the value itself' },
  )
  .meta({ description: 'where the value is' })

export function urlOf(schemes: RegExp, error: string): z.ZodString {
  return z
    .string({ error: 'a URL is text' })
    .refine((text) => schemes.test(URL.parse(text)?.protocol ?? '') && hasHost(text), {
      error,
      abort: true,
    })
    .refine((text) => URL.parse(text)!.username + URL.parse(text)!.password === '', {
      error: 'credentials in URLs are refused: name them in headersFrom',
    })
}

function hasHost(text: string): boolean {
  return URL.parse(text)!.host !== ''
}

export const url = urlOf(/^https?:$/, 'an http or https URL is needed')
