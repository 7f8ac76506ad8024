-- Made by `make documents`: which rules belong to which kind.

create or replace function datastore.rule_errors(kind text, document jsonb)
returns table (instance_path text, keyword text, message text)
language sql immutable parallel safe
begin atomic
  select * from datastore.feedback_rules(document) where kind = 'feedback'
  union all select * from datastore.inference_rules(document) where kind = 'inference'
  union all select * from datastore.picture_rules(document) where kind = 'picture'
  union all select * from datastore.picture_set_rules(document) where kind = 'picture_set'
  union all select * from datastore.pipelines_rules(document) where kind = 'pipelines';
end;
comment on function datastore.rule_errors(text, jsonb) is
  'What is wrong with a document of this kind beyond its schema: datastore.{kind}_rules(jsonb).';
