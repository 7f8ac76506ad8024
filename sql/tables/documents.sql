-- Made by `make documents` from the files in sql/documents.
insert into datastore.document_schema (kind, version, schema) values
('inspection', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Inspection of a picture's file, version 1",
  "description": "What a machine found in the file: the sections of the picture's document that the datastore fills, and what its blob must be.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "size": {
      "description": "Bytes.",
      "type": "integer",
      "minimum": 1
    },
    "md5": {
      "description": "MD5 in base64, as the header Content-MD5 has it.",
      "type": "string",
      "pattern": "^[A-Za-z0-9+/]{22}==$"
    },
    "metadata": {
      "type": "object",
      "properties": {
        "file_name": {
          "type": "string"
        },
        "relative_path": {
          "description": "Path inside the uploaded folder; what the picture is known by again.",
          "type": "string",
          "minLength": 1,
          "maxLength": 1024
        }
      }
    },
    "image_data": {
      "type": "object",
      "properties": {
        "format": {
          "type": "string"
        },
        "width": {
          "description": "Pixels.",
          "type": "integer",
          "minimum": 1
        },
        "height": {
          "description": "Pixels.",
          "type": "integer",
          "minimum": 1
        },
        "resolution": {
          "type": "string"
        },
        "capture_date": {
          "type": "string"
        },
        "camera": {
          "type": "string"
        },
        "microscope": {
          "type": "string"
        },
        "tags": {
          "type": "object"
        }
      }
    },
    "quality_check": {
      "type": "object",
      "properties": {
        "image_checksum": {
          "description": "SHA-256 in hex.",
          "type": "string"
        },
        "valid_data": {
          "type": "boolean"
        },
        "error_type": {
          "type": "string"
        },
        "quality_score": {
          "type": "number"
        }
      }
    }
  }
}
$json$),
('picture', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Picture, version 1",
  "description": "What people said about a picture, and what a machine knows about it. Keys marked readOnly are filled by the datastore: a value sent for one is kept in the history as claimed, whatever it is.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "user_data": {
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "description": {
          "type": [
            "string",
            "null"
          ]
        },
        "number_of_seeds": {
          "type": [
            "integer",
            "null"
          ],
          "minimum": 0
        },
        "zoom": {
          "description": "Magnification, times.",
          "type": [
            "number",
            "null"
          ],
          "exclusiveMinimum": 0
        }
      }
    },
    "seed": {
      "description": "The species that the picture is known to show: its name, or its id (or both, if they agree).",
      "type": [
        "string",
        "object",
        "null"
      ],
      "minLength": 1,
      "properties": {
        "seed_id": {
          "type": "string",
          "format": "uuid"
        },
        "seed_name": {
          "type": "string",
          "minLength": 1
        }
      },
      "anyOf": [
        {
          "type": [
            "string",
            "null"
          ]
        },
        {
          "required": [
            "seed_id"
          ]
        },
        {
          "required": [
            "seed_name"
          ]
        }
      ]
    },
    "client_data": {
      "description": "Who took the picture.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "client_email": {
          "type": [
            "string",
            "null"
          ],
          "format": "email"
        },
        "client_expertise": {
          "type": [
            "string",
            "null"
          ]
        }
      }
    },
    "client_feedback": {
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "correct_identification": {
          "type": [
            "boolean",
            "null"
          ]
        },
        "historical_comparison": {
          "type": [
            "string",
            "null"
          ]
        }
      }
    },
    "metadata": {
      "readOnly": true,
      "properties": {
        "upload_date": {},
        "file_name": {},
        "relative_path": {}
      }
    },
    "image_data": {
      "readOnly": true,
      "properties": {
        "format": {},
        "width": {},
        "height": {},
        "resolution": {},
        "source": {},
        "parent": {},
        "size": {},
        "tags": {},
        "capture_date": {},
        "camera": {},
        "microscope": {}
      }
    },
    "quality_check": {
      "readOnly": true,
      "properties": {
        "image_checksum": {},
        "upload_check": {},
        "valid_data": {},
        "error_type": {},
        "quality_score": {}
      }
    },
    "classification_data": {
      "readOnly": true,
      "properties": {
        "model": {},
        "prediction": {},
        "confidence_score": {}
      }
    },
    "child_data": {
      "readOnly": true,
      "properties": {
        "children": {},
        "count": {}
      }
    },
    "error_handling": {
      "readOnly": true,
      "properties": {
        "feedback": {},
        "correction_applied": {},
        "error_details": {}
      }
    },
    "audit_trail": {
      "readOnly": true,
      "properties": {
        "upload_date": {},
        "edited_by": {},
        "edit_date": {},
        "change_log": {},
        "access_log": {},
        "privacy_flag": {}
      }
    },
    "labels": {
      "readOnly": true
    },
    "picture_id": {
      "readOnly": true
    },
    "picture_set_id": {
      "readOnly": true
    }
  }
}
$json$),
('picture_set', 1, $json$
{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Picture set, version 1",
  "description": "A folder of pictures: who took them, for what, and how. Keys marked readOnly are filled by the datastore.",
  "type": "object",
  "properties": {
    "schema_version": {
      "description": "The version of this document's schema; absent means 1.",
      "const": 1
    },
    "name": {
      "description": "What people call the set; without one it is named by its id.",
      "type": "string",
      "minLength": 1,
      "maxLength": 255
    },
    "project_name": {
      "type": [
        "string",
        "null"
      ]
    },
    "submitter_name": {
      "type": [
        "string",
        "null"
      ]
    },
    "client_data": {
      "description": "Who took the pictures.",
      "type": [
        "object",
        "null"
      ],
      "properties": {
        "client_email": {
          "type": [
            "string",
            "null"
          ],
          "format": "email"
        },
        "client_expertise": {
          "type": [
            "string",
            "null"
          ]
        }
      }
    },
    "acquisition": {
      "description": "How the pictures were taken: microscope, camera, lighting, …",
      "type": "object"
    },
    "image_data_picture_set": {
      "readOnly": true,
      "properties": {
        "number_of_images": {}
      }
    },
    "audit_trail": {
      "readOnly": true,
      "properties": {
        "upload_date": {},
        "edited_by": {},
        "edit_date": {},
        "change_log": {},
        "access_log": {},
        "privacy_flag": {}
      }
    },
    "picture_set_id": {
      "readOnly": true
    },
    "container_name": {
      "readOnly": true
    },
    "pictures": {
      "readOnly": true
    }
  }
}
$json$);
