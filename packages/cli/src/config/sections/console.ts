// The page on the admin port.
import { z } from 'zod'
import { section } from './values.ts'

export const page = section('the page on the admin port', {
  enabled: z.boolean({ error: 'true or false' }).default(true).meta({
    description: 'a page on the admin port, and its index',
    flag: '--no-console',
    env: 'GRANTLOG_CONSOLE',
  }),
  traceUrl: z.string({ error: 'a URL is text' }).optional().meta({
    description: 'where the page leads to for a trace, with {traceId} in it',
    flag: '--trace-url',
  }),
})
