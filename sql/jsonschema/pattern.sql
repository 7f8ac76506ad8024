-- Regular expressions of ECMA-262 (with its flag u, as JSON Schema wants) as PostgreSQL's "advanced" ones.
--
-- Only whether a pattern matches is of interest, never what it captures; that makes most of it a matter of spelling:
--
-- * A class is computed as a set of code points and spelled anew, so nothing in it can mean something else to
--   PostgreSQL ([[:alpha:]], [a[.b.]]), and nothing depends on the collation (\d, \w and \s are what ECMA-262 says).
-- * Greedy or not makes no difference to whether there is a match, so ? after a quantifier is dropped.
-- * Groups capture only where a backreference needs them.
-- * \b and \B become lookaround; ^ and $ are the ends of the string in both, without either's multi-line mode.
--
-- What cannot be said truthfully is refused: each function here gives a refusal instead of an answer.

-- A whole pattern: "are" for PostgreSQL, or a refusal.
create or replace function jsonschema._ecma_pattern(pattern text, out are text, out refusal text)
  language plpgsql immutable parallel safe
as $$
declare
  letters constant text[] := string_to_array(pattern, null);
  letter text;
  class record;
  p jsonschema._pattern;
begin
  p.pattern := pattern;
  p.captures := pattern ~ '\\([1-9]|k<)';
  p.at := 1;
  p.are := '';
  p.opened_at := '{}';
  p.opened_as := '{}';
  p.open_groups := '{}';
  p.group_names := '{}';
  p.group_numbers := '{}';
  p.captured := 0;
  p.has_references := false;
  p.has_top_alternatives := false;
  p.size := 0;
  p.sizes := '{}';
  while p.at <= cardinality(letters) and p.refusal is null loop
    letter := letters[p.at];
    p.at := p.at + 1;
    if letter not in (')', '*', '+', '?', '{') then
      p.atom_size := 1;
      p.size := p.size + 1;
    end if;
    case letter
      when '^', '$' then
        p.are := p.are || letter;
        p.atom_at := null;
      when '|' then
        p.are := p.are || letter;
        p.atom_at := null;
        p.has_top_alternatives := p.has_top_alternatives or cardinality(p.opened_at) = 0;
      when '.' then
        p.atom_at := length(p.are);
        p.are := p.are || '[^\n\r\u2028\u2029]';
      when '[' then
        class := jsonschema._ecma_class(pattern, p.at);
        p.refusal := class.refusal;
        p.atom_at := length(p.are);
        p.are := p.are || class.class;
        p.at := class.at;
      when '(' then
        p := jsonschema._open_group(p);
      when ')' then
        p := jsonschema._close_group(p);
      when '*', '+', '?', '{' then
        p := jsonschema._repeat_atom(p);
      when ']', '}' then
        p.refusal := format('a %s closes nothing', letter);
      when '\' then
        p := jsonschema._add_escape(p);
      else
        p.atom_at := length(p.are);
        p.are := p.are || jsonschema._regex_letter(ascii(letter), false);
    end case;
  end loop;

  are := p.are;
  refusal := case
    when p.refusal is not null then p.refusal
    when cardinality(p.opened_at) > 0 then 'a ( is not closed'
    when p.has_references and p.has_top_alternatives then 'a backreference stands beside alternatives'
  end;
  if refusal is null then
    -- better to fail now than at the first value
    perform '' ~ are;
  end if;
end
$$;
