// Certificates for a connection to somebody else, in files.
import { z } from 'zod'
import { path } from './values.ts'

const pem = (description: string): z.ZodOptional<z.ZodString> =>
  path.optional().meta({ description, isPath: true })

export const certificates = z
  .strictObject({
    ca: pem('file with the certificates that are believed; default: those of the system'),
    cert: pem("file with the client's own certificate"),
    key: pem('file with its key'),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), {
    error: 'cert and key go together',
  })
  .optional()
  .meta({ description: 'certificates in PEM' })

/** As the file says it. */
export type ConfiguredCertificates = z.output<typeof certificates>
