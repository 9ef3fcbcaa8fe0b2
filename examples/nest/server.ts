// A Nest application that takes access tokens as JWTs and asks for a role. Nothing in it knows of
// Grantlog. Decorators are called as functions, for Node runs this file as it is. It writes its URL
// as one line on stdout and ends when stdin does. PUBLIC_KEY: of the tokens' issuer, as PEM.
import 'reflect-metadata'
import { type CanActivate, Controller, type ExecutionContext, Get, Module } from '@nestjs/common'
import { UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport'
import { ExtractJwt, Strategy } from 'passport-jwt'

interface User {
  readonly id: string
  readonly roles: readonly string[]
}

class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      secretOrKey: process.env.PUBLIC_KEY ?? '',
      issuer: 'https://login.example.com',
      audience: 'https://api.example.com',
      algorithms: ['RS256'],
    })
  }

  validate({ sub, roles = [] }: { readonly sub: string; readonly roles?: string[] }): User {
    return { id: sub, roles }
  }
}

class AdminGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { user } = context.switchToHttp().getRequest<{ readonly user: User }>()
    return user.roles.includes('admin')
  }
}

class OrdersController {
  list(): string[] {
    return ['order-1']
  }

  report(): object {
    return { orders: 1 }
  }
}
decorate('list', Get('orders'), UseGuards(AuthGuard('jwt')))
decorate('report', Get('reports/:year'), UseGuards(AuthGuard('jwt'), AdminGuard))
Controller()(OrdersController)

function decorate(name: 'list' | 'report', ...decorators: readonly MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(OrdersController.prototype, name)!
  for (const one of decorators) one(OrdersController.prototype, name, descriptor)
}

class AppModule {}
Module({
  imports: [PassportModule],
  controllers: [OrdersController],
  providers: [JwtStrategy],
})(AppModule)

const app = await NestFactory.create(AppModule, { logger: false })
await app.listen(Number(process.env.PORT ?? 0), '127.0.0.1')
process.stdout.write(`${await app.getUrl()}\n`)
process.stdin.resume().once('end', () => void app.close())
