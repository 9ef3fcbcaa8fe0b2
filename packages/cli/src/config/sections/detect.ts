// Rules over records while they come.
import { z } from 'zod'
import { path, section } from './values.ts'

export const detect = section('rules over records, while they come', {
  enabled: z.boolean({ error: 'true or false' }).default(true).meta({
    description: 'a process beside the receiver that looks at each record',
    flag: '--no-detect',
    env: 'GRANTLOG_DETECT',
  }),
  rules: path.optional().meta({
    description: 'folder of Sigma rules besides those that are built in',
    flag: '--rules',
    isPath: true,
  }),
})
