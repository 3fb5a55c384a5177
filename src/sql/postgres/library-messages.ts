/** The messages of a server as pg-protocol gives them, and of each the part that is used. */
export type ServerMessage =
  | { readonly name: 'authenticationOk' | 'authenticationCleartextPassword' }
  | { readonly name: 'authenticationMD5Password'; readonly salt: Buffer }
  | { readonly name: 'authenticationSASL'; readonly mechanisms: readonly string[] }
  | { readonly name: 'authenticationSASLContinue' | 'authenticationSASLFinal'; readonly data: string }
  | { readonly name: 'parameterStatus'; readonly parameterName: string; readonly parameterValue: string }
  | { readonly name: 'backendKeyData'; readonly processID: number; readonly secretKey: number }
  | { readonly name: 'rowDescription'; readonly fields: readonly FieldDescription[] }
  | { readonly name: 'readyForQuery'; readonly status: string }
  | ErrorMessage
  | { readonly name: 'noData' | 'emptyQuery' | 'commandComplete' | 'copyInResponse' | 'copyOutResponse' };

export interface FieldDescription {
  readonly name: string;
  readonly dataTypeID: number;
}

/** Its other fields may hold data or SQL, so nobody reads them. */
export interface ErrorMessage {
  readonly name: 'error';
  readonly code: string | undefined;
  readonly message: string | undefined;
  readonly severity: string | undefined;
}
