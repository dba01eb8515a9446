// URLs with `{variables}`: which variables they name, and the URL that is judged with samples in their place.
// Scanned by hand: an expression such as \{[^}]+\} takes quadratic time on a long row of opening braces.

const KNOWN = /\{(?:host|port|path|protocol|scheme)\}/g
const SAMPLE = new Map([
  ['{host}', 'example.com'],
  ['{port}', '8080'],
  ['{path}', 'api'],
  ['{protocol}', 'http'],
  ['{scheme}', 'http'],
])

/** The names between braces, in order. Empty braces name nothing. */
export function templateVariables(url: string): string[] {
  const names: string[] = []
  replaceTemplates(url, name => {
    names.push(name)
    return ''
  })
  return names
}

/**
 * The URL with a sample for every variable, in upstream's order (internal/validators/utils.go, replaceTemplateVariables):
 * five known names, then a port for what stands between a colon and a slash or the end, then a word.
 * `{scheme}` gives http, so a remote that leaves its scheme open is refused: remotes must be https.
 */
export function withSamples(url: string): string {
  if (!url.includes('{')) return url
  const known = url.replace(KNOWN, variable => SAMPLE.get(variable) ?? variable)
  return replaceTemplates(withSamplePorts(known), () => 'placeholder')
}

function replaceTemplates(url: string, replacement: (name: string) => string): string {
  let out = ''
  let done = 0
  let open = url.indexOf('{')
  while (open >= 0) {
    const close = url.indexOf('}', open + 1)
    if (close < 0) break
    if (close > open + 1) {
      out += url.slice(done, open) + replacement(url.slice(open + 1, close))
      done = close + 1
    }
    open = url.indexOf('{', close)
  }
  return out + url.slice(done)
}

/** `:{name}` before a slash or the end becomes `:8080`. */
function withSamplePorts(url: string): string {
  let out = ''
  let done = 0
  let colon = url.indexOf(':{')
  while (colon >= 0) {
    const close = url.indexOf('}', colon + 2)
    if (close < 0) break
    const isPort = close > colon + 2 && (close + 1 === url.length || url[close + 1] === '/')
    if (isPort) {
      out += `${url.slice(done, colon)}:8080`
      done = close + 1
    }
    // No later start before this brace could match: it would end at the same brace.
    colon = url.indexOf(':{', close)
  }
  return out + url.slice(done)
}
