// Which repository URLs a run takes, by what the settings allow.
import t from 'tap'
import { checkRepositoryUrl } from '../../src/git/repository-url.ts'
import { Failure } from '../../src/lib/failure.ts'

t.test('A10 what settings allow', t => {
  const strict = { allowFile: false, allowHttp: false }
  const open = { allowFile: true, allowHttp: true }
  for (const url of ['https://git.example/r', 'ssh://git@git.example:2222/~user/r.git', 'https://[::1]:8443/r'])
    t.equal(checkRepositoryUrl(url, strict).href, url)
  for (const url of ['http://git.example/r', 'file:///srv/r.git']) {
    t.equal(reasonOf(url, strict), 'HostDenied', url)
    t.equal(checkRepositoryUrl(url, open).href, url)
  }
  for (const url of [
    'ftp://git.example/r',
    'javascript:alert(1)',
    'ssh://git.example',
    'ssh://a%20b@git.example/r',
    'https://git.example/r#x',
    'https://git.example/%ff%',
    'https://git.example/a%0ab',
    'https://git.example/%2d-x',
  ])
    t.equal(reasonOf(url, open), 'UrlInvalid', url)
  t.end()
})

function reasonOf(url: string, rules: Parameters<typeof checkRepositoryUrl>[1]): string | undefined {
  try {
    checkRepositoryUrl(url, rules)
    return undefined
  } catch (error) {
    return error instanceof Failure ? error.reason : String(error)
  }
}
