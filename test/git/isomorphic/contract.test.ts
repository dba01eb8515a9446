// The engine contract, run on the embedded engine over plain http.
import t from 'tap'
import { isomorphicEngine } from '../../../src/git/isomorphic/engine.ts'
import { gitEngineContract } from '../../contracts/git-engine.ts'
import { gitHttpServer } from '../../helpers/git-http-server.ts'

gitEngineContract(t, {
  engine: isomorphicEngine({ allowHttp: true, ambient: {} }),
  remote: async (t, repository) => ({ url: (await gitHttpServer(t, repository)).url }),
})
