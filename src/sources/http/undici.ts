// The HTTP client library, loaded only by runs that use it. By names: in the bundle, a CommonJS module that is imported late
// has none.
export { Agent, request } from 'undici'
