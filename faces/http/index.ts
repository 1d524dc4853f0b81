/** The server kit under every face: routes as data, limits, error bodies, TLS, draining. */
export { bearerChallenge, bearerToken } from "./bearer.ts";
export { readBytes, readJsonBody } from "./body.ts";
export { HttpError, type HttpErrorCode } from "./errors.ts";
export {
  createMetrics,
  mergeMetrics,
  metricsText,
  type Counter,
  type Family,
  type Histogram,
  type Metrics,
} from "./metrics.ts";
export { metricsFace } from "./metrics-face.ts";
export { empty, json } from "./reply.ts";
export {
  del,
  get,
  head,
  param,
  patch,
  post,
  put,
  type Context,
  type Face,
  type Handler,
  type Method,
  type Reply,
  type Route,
} from "./route.ts";
export { serveHttp, startListening, type RunningServer, type TlsIdentity } from "./server.ts";
