// Which services are compared with their access logs, and when.
import { z } from 'zod'
import { duration, name, path, section } from './values.ts'

const service = z.strictObject({
  service: name.meta({ description: 'its name in records' }),
  accessLogs: z
    .array(path)
    .default([])
    .meta({ description: 'files or folders; without any its streams only are compared' }),
})

export const reconcile = section('records compared with access logs, and sealed', {
  services: z
    .array(service)
    .default([])
    .meta({ description: 'services to compare', flag: '--reconcile' }),
  every: duration.prefault('1h').meta({ description: 'how often', flag: '--reconcile-every' }),
  policy: path.optional().meta({
    description: 'the policy whose routes are due',
    flag: '--reconcile-policy',
    isPath: true,
  }),
  tail: duration.optional().meta({
    description: 'what is younger is left for the next time',
    flag: '--reconcile-tail',
  }),
})
