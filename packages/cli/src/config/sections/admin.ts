// The port of tiles, status and console.
import { port, section } from './values.ts'

export const admin = section('tiles, status and the console', {
  port: port
    .default(4319)
    .meta({ description: 'tiles and status on 127.0.0.1', flag: '--admin-port' }),
})
