// Nest on Express: the guard is one of Nest's, and refuses by an exception. Decorators are called
// as functions, since nothing compiles this file.
import { callApi, recordsOfApi, refusal, routes, rows, turnOfApi } from '../application/api.mjs'

const answers = {
  json: (_, response, { path }) => response.json({ path }),
  echo: (request, response) => response.status(200).json(request.body),
  stream: (_, response) => rows().pipe(response),
  error: () => {
    throw new Error('broken')
  },
}

async function serve({ '@nestjs/common': nest, '@nestjs/core': { NestFactory } }) {
  class Api {}
  routes.forEach((route, i) => {
    const name = `route${i}`
    const value = (request, response) => answers[route.answer](request, response, route)
    Object.defineProperty(Api.prototype, name, { value, configurable: true, writable: true })
    const own = Object.getOwnPropertyDescriptor(Api.prototype, name)
    const { RequestMapping, RequestMethod, UseGuards, Req, Res } = nest
    const mapping = { path: route.path, method: RequestMethod[route.method] }
    RequestMapping(mapping)(Api.prototype, name, own)
    UseGuards(guardOf(route, nest))(Api.prototype, name, own)
    Req()(Api.prototype, name, 0)
    Res()(Api.prototype, name, 1)
  })
  nest.Controller()(Api)
  class AppModule {}
  nest.Module({ controllers: [Api] })(AppModule)
  const app = await NestFactory.create(AppModule, { logger: false })
  await app.listen(0, '127.0.0.1')
  return app.getHttpServer()
}

function guardOf(route, { HttpException }) {
  return {
    canActivate(context) {
      const request = context.switchToHttp().getRequest()
      const no = refusal(request.headers.authorization, route)
      if (no === null) return true
      context.switchToHttp().getResponse().set('WWW-Authenticate', no[1])
      throw new HttpException('no', no[0])
    },
  }
}

const both = ['import', 'require']
const esm = ['import', 'require(esm)']
const beside = (version, reflect) => ({
  '@nestjs/common': version,
  '@nestjs/platform-express': version,
  ...{ 'reflect-metadata': reflect, rxjs: '7.8.2' },
})

export const library = {
  name: '@nestjs/core',
  modules: ['reflect-metadata', '@nestjs/common', '@nestjs/core'],
  versions: [
    { version: '10.0.0', ways: both, beside: beside('10.0.0', '0.1.14') },
    { version: '10.4.22', ways: both, beside: beside('10.4.22', '0.2.2') },
    { version: '11.0.0', ways: both, beside: beside('11.0.0', '0.2.2') },
    { version: '11.2.10', ways: both, beside: beside('11.2.10', '0.2.2') },
    { version: '12.0.0', ways: esm, beside: beside('12.0.0', '0.2.2') },
    { version: '12.5.1', ways: esm, beside: beside('12.5.1', '0.2.2') },
  ],
  adds: "the route's template, on Express",
  flow: async (modules, app) => callApi(app, await serve(modules)),
  records: () => recordsOfApi(),
  turn: async (modules, app) => turnOfApi(app, await serve(modules)),
}
