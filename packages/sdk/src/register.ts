// `node --import @grantlog/sdk/register server.js`: starts the SDK before the service. Whatever is
// wrong is said in one line on stderr; the service starts in any case, unless its policy has
// blocking routes.
import { startOrTell } from './start.ts'

startOrTell()
