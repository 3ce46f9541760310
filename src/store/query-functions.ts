/**
 * The functions a user's query may call, in lower case: they compute from their arguments alone. What is not
 * here is refused: reading files, dictionaries or other tables, settings, sleeping, identity of the server.
 */
export const ALLOWED_FUNCTIONS: ReadonlySet<string> = new Set(
  `
  plus minus multiply divide intdiv intdivorzero modulo mod positivemodulo negate abs sign gcd lcm
  equals notequals less greater lessorequals greaterorequals isnotdistinctfrom isdistinctfrom
  and or not xor if multiif ifnull nullif coalesce isnull isnotnull assumenotnull tonullable iszeroornull
  in notin exists between least greatest cast accuratecastornull _cast lambda tuple tupleelement array arrayelement
  map mapkeys mapvalues identity

  round floor ceil ceiling trunc truncate roundbankers sqrt cbrt exp exp2 exp10 ln log log2 log10 log1p pow power
  sin cos tan asin acos atan atan2 hypot pi e degrees radians bitand bitor bitxor bitnot bitshiftleft bitshiftright
  isnan isfinite isinfinite ifnotfinite widthbucket

  toint8 toint16 toint32 toint64 touint8 touint16 touint32 touint64 tofloat32 tofloat64 tostring tobool
  toint64orzero toint64ornull touint64orzero touint64ornull tofloat64orzero tofloat64ornull tofixedstring
  todate todate32 todatetime todatetime64 todateornull todatetimeornull parsedatetimebesteffort
  parsedatetime64besteffort parsedatetimebesteffortornull totypename

  now now64 today yesterday toyear toquarter tomonth toweek toisoweek todayofyear todayofmonth todayofweek tohour
  tominute tosecond tomillisecond toyyyymm toyyyymmdd tounixtimestamp tounixtimestamp64milli
  fromunixtimestamp fromunixtimestamp64milli totimezone tostartofinterval tostartofyear tostartofquarter
  tostartofmonth tostartofweek tostartofday tostartofhour tostartoffifteenminutes tostartoftenminutes
  tostartoffiveminutes tostartoffiveminute tostartofminute tostartofsecond tomonday datetrunc date_trunc
  datediff timestampdiff date_diff dateadd datesub adddays addhours addminutes addseconds addweeks addmonths addyears
  addmilliseconds subtractdays subtracthours subtractminutes subtractseconds subtractweeks subtractmonths
  subtractyears formatdatetime datename age timeslot timeslots extract
  tointervalmillisecond tointervalsecond tointervalminute tointervalhour tointervalday tointervalweek
  tointervalmonth tointervalquarter tointervalyear

  length empty notempty lower upper lowerutf8 upperutf8 lengthutf8 reverse concat concatwithseparator substring
  substringutf8 left right leftpad rightpad trim trimleft trimright trimboth startswith endswith position
  positioncaseinsensitive locate replace replaceone replaceall splitbychar splitbystring arraystringconcat
  like notlike ilike notilike match countsubstrings multisearchany format

  has hasany hasall indexof arraylength arrayconcat arrayslice arraysort arrayreversesort arrayreverse arraydistinct
  arrayuniq arrayenumerate arraycount arraysum arrayavg arraymin arraymax arraymap arrayfilter arrayexists arrayall
  arrayfirst arraylast arraycumsum arraydifference arraycompact arrayjoin arrayflatten arrayzip

  count sum avg min max any anylast argmin argmax uniq uniqexact uniqcombined uniqcombined64 uniqhll12
  quantile quantiles quantileexact quantilesexact quantiletdigest quantilestdigest quantileexactweighted median
  stddevpop stddevsamp varpop varsamp covarpop covarsamp corr skewpop skewsamp kurtpop kurtsamp
  grouparray groupuniqarray topk topkweighted sumwithoverflow avgweighted histogram entropy
  simplelinearregression minmap maxmap summap deltasum boundingratio

  rownumber row_number rank denserank dense_rank percent_rank cume_dist ntile lag lead laginframe leadinframe
  first_value last_value nth_value
  `
    .trim()
    .split(/\s+/),
);

/** Suffixes that make a conditional, nullable or array form of an aggregate (clickhouse.com, combinators). */
const COMBINATOR = /(?:if|array|distinct|ornull|ordefault)$/;

/** Whether a query may call `name`; ClickHouse's aggregate combinators are taken off first. */
export function isAllowedFunction(name: string): boolean {
  let base = name.toLowerCase();
  while (!ALLOWED_FUNCTIONS.has(base)) {
    if (!COMBINATOR.test(base)) return false;
    base = base.replace(COMBINATOR, '');
  }
  return true;
}

/** Types a query may cast to: plain values, arrays, tuples and maps of them; no aggregate states. */
const TYPE_WORD =
  /^(?:U?Int(?:8|16|32|64|128|256)|B?Float(?:16|32|64)|Bool|String|FixedString|Date|Date32|DateTime|DateTime64|Time|Decimal(?:32|64|128|256)?|UUID|Nullable|LowCardinality|Array|Tuple|Map|Nothing|Interval[A-Za-z]+|Boolean|TinyInt|SmallInt|Int|Integer|BigInt|Real|Float|Double|Numeric|Text|Char|Varchar|Timestamp)$/i;

export function isAllowedType(type: string): boolean {
  const plain = type.replace(/\\?'[A-Za-z0-9_/+-]{0,64}\\?'/g, ''); // the time zone of a DateTime
  return (
    !/[^\w\s(),]/.test(plain) && (plain.match(/[A-Za-z_]\w*/g) ?? []).every((word) => TYPE_WORD.test(word))
  );
}
