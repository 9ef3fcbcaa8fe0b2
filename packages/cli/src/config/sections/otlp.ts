// Where OTLP comes in.
import { port, section } from './values.ts'

export const otlp = section('where OTLP comes in', {
  port: port.default(4318).meta({ description: 'OTLP/HTTP on 127.0.0.1', flag: '--port' }),
})
