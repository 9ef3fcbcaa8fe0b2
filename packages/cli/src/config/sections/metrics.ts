// Where metrics are pushed, besides the scrape on the admin port.
import { z } from 'zod'
import { section } from './values.ts'

const url = z
  .string({ error: 'a URL is text' })
  .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), {
    error: 'an http or https URL is needed, with /v1/metrics',
  })

export const metrics = section('what the receiver tells of itself', {
  otlp: url.optional().meta({
    description: 'where to push metrics, the whole URL, with /v1/metrics',
    flag: '--metrics-otlp',
  }),
})
