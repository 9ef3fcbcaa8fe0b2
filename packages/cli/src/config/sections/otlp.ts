// Where OTLP comes in.
import { z } from 'zod'
import { port, section } from './values.ts'

export const otlp = section('where OTLP comes in', {
  port: port.default(4318).meta({ description: 'OTLP/HTTP on 127.0.0.1', flag: '--port' }),
  grpcPort: z
    .union([port, z.literal('off')], { error: 'a port is 0 to 65535, or off' })
    .optional()
    .meta({
      description: 'OTLP/gRPC on 127.0.0.1, or `off`; without it 4317, with port 0 any',
      flag: '--grpc-port',
    }),
})
