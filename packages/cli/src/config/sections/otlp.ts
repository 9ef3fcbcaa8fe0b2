// Where OTLP comes in, and behind which certificate.
import { z } from 'zod'
import { duration, path, port, section } from './values.ts'

const host = z
  .string({ error: 'a host is an address or name of this machine' })
  .regex(/^[A-Za-z0-9.:_-]{1,253}$/, { error: 'a host is an address or name of this machine' })

const tls = section('certificate of the OTLP port; PEM files, looked at again each 10 s', {
  cert: path.optional().meta({
    description: 'the certificate with its chain',
    flag: '--tls-cert',
    isPath: true,
  }),
  key: path.optional().meta({
    description: 'its key, without a passphrase',
    flag: '--tls-key',
    isPath: true,
  }),
  clientCa: path.optional().meta({
    description: 'authorities whose client certificates may send; callers.certificates says which',
    flag: '--client-ca',
    isPath: true,
  }),
})

export const otlp = section('where OTLP comes in', {
  host: host.default('127.0.0.1').meta({
    description: 'address; one that others reach needs tls, and clientCa or callers',
    flag: '--host',
  }),
  port: port.default(4318).meta({ description: 'OTLP/HTTP', flag: '--port' }),
  grpcPort: z
    .union([port, z.literal('off')], { error: 'a port is 0 to 65535, or off' })
    .optional()
    .meta({
      description: 'OTLP/gRPC, or `off`; without it 4317, with port 0 any',
      flag: '--grpc-port',
    }),
  allowedHosts: z
    .array(host)
    .default([])
    .meta({ description: 'names in Host, besides the addresses and the names of the certificate' }),
  tls,
  connectionsPerAddress: z
    .int()
    .min(1)
    .optional()
    .meta({ description: 'connections of one address; without it 512. Behind a proxy, more' }),
  connectionMaxAge: duration
    .optional()
    .meta({ description: 'how old a connection may get; without it any. Senders come anew' }),
  insecurePublicBind: z.boolean().default(false).meta({
    description: 'others reach the host without tls or callers: only in a closed network',
  }),
})
