/** Serves ready Buffers with nothing but node:http: `node-http.js PORT FOLDER`, where the page and its gzip lie. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [port, folder] = process.argv.slice(2);
const plain = readFileSync(`${folder}/metrics`);
const gzip = readFileSync(`${folder}/metrics.gz`);

const headers = { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' };
const plainHeaders = { ...headers, 'Content-Length': plain.length };
const gzipHeaders = { ...headers, 'Content-Length': gzip.length, 'Content-Encoding': 'gzip' };

createServer((request, response) => {
  const compressed = request.headers['accept-encoding'] === 'gzip';
  response.writeHead(200, compressed ? gzipHeaders : plainHeaders);
  response.end(compressed ? gzip : plain);
}).listen(Number(port), '127.0.0.1');
